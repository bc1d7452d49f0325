-- Removes the minutes whose last event is gone. A repeat removes nothing.
-- Writes event_minutes, on @days, in [@first_day, @end_day), only.
DELETE FROM event_minutes
WHERE events = 0 AND minute >= @first_day AND minute < @end_day AND DATE(minute) IN UNNEST(@days)
