-- Turns what Python knows of events, a JSON text each, into rows. One row per event name.
-- Reads no table. Materialised as given_events.
SELECT
  JSON_VALUE(given, '$.event_name') AS event_name,
  JSON_VALUE(given, '$.status') AS status,
  JSON_VALUE(given, '$.base_name') AS base_name,
  JSON_VALUE(given, '$.version') AS version,
  JSON_VALUE(given, '$.similar_to') AS similar_to,
  JSON_VALUE(given, '$.description') AS description,
  JSON_VALUE(given, '$.owner') AS owner,
  CAST(JSON_VALUE(given, '$.first_seen') AS TIMESTAMP) AS first_seen,
  CAST(JSON_VALUE(given, '$.last_seen') AS TIMESTAMP) AS last_seen,
  CAST(JSON_VALUE(given, '$.events') AS INT64) AS events,
  CAST(JSON_VALUE(given, '$.days') AS INT64) AS days
FROM UNNEST(@events) AS given
