-- Finds what is known of the sources: their definitions, and how far each was read.
-- One row per source.
-- Reads identity_sources.
SELECT
  source,
  definition,
  read_up_to,
  older_read_up_to,
  older_read_on
FROM identity_sources
