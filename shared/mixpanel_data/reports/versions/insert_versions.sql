-- Adds versions of dynamic segments, from a JSON object each: name, version, definition.
-- Grain: one row per name and version. Reads and writes segments; a repeat adds nothing.
INSERT INTO segments (name, version, definition, kind, saved_at)
SELECT
  fresh.name,
  fresh.version,
  fresh.definition,
  'dynamic',
  @saved_at
FROM (
  -- One row per given object.
  SELECT
    JSON_VALUE(given, '$.name') AS name,
    JSON_VALUE(given, '$.version') AS version,
    JSON_QUERY(PARSE_JSON(given, wide_number_mode => 'round'), '$.definition') AS definition
  FROM UNNEST(@versions) AS given
) AS fresh
WHERE
  NOT EXISTS (
    SELECT 1
    FROM segments AS known
    WHERE known.name = fresh.name AND known.version = fresh.version AND known.kind = 'dynamic'
  )
