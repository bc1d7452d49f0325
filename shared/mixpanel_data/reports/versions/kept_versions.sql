-- All versions of named segments, the oldest first.
-- Grain: one row per name, version and kind; rarely two, which say the same. Reads segments.
SELECT
  name,
  version,
  definition,
  kind,
  saved_at
FROM segments
ORDER BY saved_at, name, version, TO_JSON_STRING(definition)
