-- Whether there are events in a window: one row, or none. Reads the window of mixpanel_events only.
SELECT event_timestamp
FROM mixpanel_events
WHERE event_timestamp >= @window_start AND event_timestamp < @window_end
LIMIT 1
