-- Stores how far this run has read its sources.
-- One row per source.
-- Writes identity_sources, after delete_progress.sql in the same transaction; a repeat that finds nothing
-- new stores none.
INSERT INTO identity_sources (source, definition, read_up_to, older_read_up_to, older_read_on, updated_at)
SELECT
  JSON_VALUE(entry, '$.source') AS source,
  JSON_VALUE(entry, '$.definition') AS definition,
  JSON_VALUE(entry, '$.read_up_to') AS read_up_to,
  CAST(JSON_VALUE(entry, '$.older_read_up_to') AS INT64) AS older_read_up_to,
  CAST(JSON_VALUE(entry, '$.older_read_on') AS DATE) AS older_read_on,
  @finished_at AS updated_at
FROM UNNEST(@progress) AS entry
