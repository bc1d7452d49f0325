-- Turns changes whose evidence is looked up, a JSON text each, into rows: where to look, and by what sign an event counts
-- as bad.
-- One row per change.
-- Reads no table. Materialised as subjects.
SELECT
  CAST(JSON_VALUE(given, '$.number') AS INT64) AS number,
  JSON_VALUE(given, '$.event_name') AS event_name,
  JSON_VALUE(given, '$.property') AS property,
  JSON_VALUE(given, '$.path') AS path,
  CAST(JSON_VALUE(given, '$.day') AS DATE) AS day,
  CAST(JSON_VALUE(given, '$.last_day') AS DATE) AS last_day,
  JSON_VALUE(given, '$.sign') AS sign,
  JSON_VALUE(given, '$.types') AS types
FROM UNNEST(@given) AS given
