-- Reads the counts of one event by minute. One row per minute that has any.
-- Reads event_minutes, in [@window_start, @window_end) only.
SELECT minute, events
FROM event_minutes
WHERE minute >= @window_start AND minute < @window_end AND event_name = @event_name
