-- Counts the events of the days of a range, to size the parts of a run.
-- One row per UTC day that has events.
-- Reads event_minutes in [@first_day, @end_day) only.
SELECT
  DATE(minute) AS day,
  SUM(events) AS events
FROM event_minutes
WHERE
  minute >= @first_day
  AND minute < @end_day
GROUP BY day
