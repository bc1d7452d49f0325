-- The events of one name by minute; minutes without any have no row.
-- Reads event_minutes, in [@window_start, @window_end) only.
SELECT minute, events
FROM event_minutes
WHERE minute >= @window_start AND minute < @window_end AND event_name = @event_name
