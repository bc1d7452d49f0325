-- Turns the baselines of a run, a JSON text each, into rows. One row per event name.
-- Reads no table. Creates given_baselines for the statements behind it.
SELECT JSON_VALUE(given, '$.event_name') AS event_name, JSON_VALUE(given, '$.state') AS state
FROM UNNEST(@baselines) AS given
