-- Adds the differences to the minutes that already exist.
-- Reads minute_changes. Writes event_minutes, on @days, in [@first_day, @end_day), only.
UPDATE event_minutes AS minutes
SET events = minutes.events + changed.events, last_changed = @started_at
FROM (SELECT minute, event_name, events FROM minute_changes) AS changed
WHERE
  minutes.minute = changed.minute
  AND minutes.event_name = changed.event_name
  AND minutes.minute >= @first_day
  AND minutes.minute < @end_day
  AND DATE(minutes.minute) IN UNNEST(@days)
