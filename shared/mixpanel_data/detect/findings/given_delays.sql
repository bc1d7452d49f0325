-- Turns the delays of a run, a JSON text each, into rows. One row per event name, and one without.
-- Reads no table. Creates given_delays for the statements behind it.
SELECT JSON_VALUE(given, '$.event_name') AS event_name, JSON_VALUE(given, '$.shares') AS shares
FROM UNNEST(@delays) AS given
