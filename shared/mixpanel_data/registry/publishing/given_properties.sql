-- Turns what Python knows of properties, a JSON text each, into rows: a status other than active, the plan's description.
-- One row per event name, property and path.
-- Reads no table. Materialised as given_properties.
SELECT
  JSON_VALUE(given, '$.event_name') AS event_name,
  JSON_VALUE(given, '$.property') AS property,
  JSON_VALUE(given, '$.path') AS path,
  JSON_VALUE(given, '$.status') AS status,
  JSON_VALUE(given, '$.description') AS description
FROM UNNEST(@properties) AS given
