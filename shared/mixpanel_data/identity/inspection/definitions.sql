-- Lists the definitions that the sources were last read by, and under '*' the rules that links were last judged by.
-- One row per source.
-- Reads identity_sources.
SELECT
  source,
  definition
FROM identity_sources
