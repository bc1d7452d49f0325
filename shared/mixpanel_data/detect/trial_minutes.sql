-- Adds the invented minutes of a trial. One row per minute, from a JSON object each.
-- Writes event_minutes of a dataset that holds nothing else.
INSERT INTO event_minutes (minute, event_name, events, last_changed)
SELECT
  CAST(JSON_VALUE(given, '$.minute') AS TIMESTAMP) AS minute,
  @event_name AS event_name,
  CAST(JSON_VALUE(given, '$.events') AS INT64) AS events,
  @now AS last_changed
FROM UNNEST(@minutes) AS given
