-- Reads the newest 100 events of an incident, for a person to paste into a console. One row per event.
-- Reads mixpanel_events, in [@window_start, @window_end) only.
SELECT event_timestamp, distinct_id, properties
FROM mixpanel_events
WHERE event_timestamp >= @window_start
  AND event_timestamp < @window_end
  AND event_name = @event_name
ORDER BY event_timestamp DESC
LIMIT 100
