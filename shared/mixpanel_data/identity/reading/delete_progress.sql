-- Removes the progress of the sources that this run has read.
-- One row per source.
-- Writes identity_sources, before insert_progress.sql in the same transaction.
DELETE FROM identity_sources AS progress
WHERE progress.source IN UNNEST(@read_sources)
