-- Counts the events of each minute anew: one row per minute and event name.
-- Reads mixpanel_events, in [@window_start, @window_end). Writes event_minutes, which has no row then.
INSERT INTO event_minutes (minute, event_name, events, last_changed)
SELECT TIMESTAMP_TRUNC(event_timestamp, MINUTE) AS minute, event_name, COUNT(*) AS events, @now AS last_changed
FROM mixpanel_events
WHERE event_timestamp >= @window_start AND event_timestamp < @window_end
GROUP BY TIMESTAMP_TRUNC(event_timestamp, MINUTE), event_name
