-- The difference in events of each minute. Materialised as minute_changes: one row per minute and event name that changes.
-- Reads changes.
SELECT minute, event_name, SUM(step) AS events
FROM (
  -- One row per changed event, and another for the minute where its stored copy was counted.
  SELECT TIMESTAMP_TRUNC(event_timestamp, MINUTE) AS minute, event_name, 1 AS step
  FROM changes
  UNION ALL
  SELECT TIMESTAMP_TRUNC(stored_timestamp, MINUTE) AS minute, event_name, -1 AS step
  FROM changes
  WHERE stored_timestamp IS NOT NULL
)
GROUP BY minute, event_name
HAVING SUM(step) <> 0
