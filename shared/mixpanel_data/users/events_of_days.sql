-- Counts the events of some days, to size the parts of a run.
-- One row per UTC day that has events.
-- Reads event_minutes on @days, in [@first_day, @end_day), only.
SELECT
  DATE(minute) AS day,
  SUM(events) AS events
FROM event_minutes
WHERE
  minute >= @first_day
  AND minute < @end_day
  AND DATE(minute) IN UNNEST(@days)
GROUP BY day
