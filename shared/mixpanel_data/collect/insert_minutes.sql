-- Adds the minutes that had no event before: one row per minute and event name.
-- Reads minute_changes, and event_minutes on @days, in [@first_day, @end_day), only. Writes event_minutes.
INSERT INTO event_minutes (minute, event_name, events, last_changed)
SELECT changed.minute, changed.event_name, changed.events, @started_at AS last_changed
FROM minute_changes AS changed
LEFT JOIN (
  -- One row per known minute and event name.
  SELECT minute, event_name
  FROM event_minutes
  WHERE minute >= @first_day AND minute < @end_day AND DATE(minute) IN UNNEST(@days)
) AS known ON known.minute = changed.minute AND known.event_name = changed.event_name
WHERE known.minute IS NULL
