-- Turns the baselines of a run, a JSON text each, into rows. One row per event name.
-- Reads no table. Creates given_baselines for the statements behind it.
SELECT
  JSON_VALUE(given, '$.event_name') AS event_name,
  CAST(JSON_VALUE(given, '$.learned_until') AS TIMESTAMP) AS learned_until,
  JSON_VALUE(given, '$.state') AS state,
  CAST(JSON_VALUE(given, '$.first_event_at') AS TIMESTAMP) AS first_event_at,
  CAST(JSON_VALUE(given, '$.last_event_at') AS TIMESTAMP) AS last_event_at,
  CAST(JSON_VALUE(given, '$.events') AS INT64) AS events
FROM UNNEST(@baselines) AS given
