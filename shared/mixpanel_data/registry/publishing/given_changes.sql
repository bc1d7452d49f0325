-- Turns the changes that follow from the observations, a JSON text each, into rows; evidence is NULL where that of the
-- stored row still holds.
-- One row per change.
-- Reads no table. Materialised as given_changes.
SELECT
  JSON_VALUE(given, '$.change_id') AS change_id,
  CAST(JSON_VALUE(given, '$.day') AS DATE) AS day,
  JSON_VALUE(given, '$.kind') AS kind,
  JSON_VALUE(given, '$.event_name') AS event_name,
  JSON_VALUE(given, '$.property') AS property,
  JSON_VALUE(given, '$.path') AS path,
  JSON_VALUE(given, '$.before') AS before,
  JSON_VALUE(given, '$.after') AS after,
  JSON_VALUE(given, '$.is_breaking') = 'true' AS is_breaking,
  PARSE_JSON(JSON_VALUE(given, '$.evidence')) AS evidence
FROM UNNEST(@changes) AS given
