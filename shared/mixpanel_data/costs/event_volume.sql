-- How many events, and how many names a day, there are in [@since, @until) of event time.
-- One row. Reads event_minutes, that window's partitions only; changes nothing.
WITH days AS (
  -- One row per UTC day with events.
  SELECT
    DATE(minute) AS day,
    SUM(events) AS events,
    COUNT(DISTINCT event_name) AS names
  FROM event_minutes
  WHERE minute >= @since AND minute < @until
  GROUP BY day
)
SELECT
  COALESCE(SUM(events), 0) AS events,
  COALESCE(SUM(names), 0) AS names_of_days,
  COUNT(*) AS days
FROM days
