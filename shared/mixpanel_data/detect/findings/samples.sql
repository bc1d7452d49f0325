-- Reads the newest three events of one name in a window; of those with one event time, the lowest ids. One row per event.
-- Reads mixpanel_events, in [@window_start, @window_end) only, of events that were there at @as_of.
SELECT event_timestamp, distinct_id, properties
FROM mixpanel_events
WHERE
  event_timestamp >= @window_start
  AND event_timestamp < @window_end
  AND event_name = @event_name
  AND inserted_at <= @as_of
ORDER BY event_timestamp DESC, event_id
LIMIT 3
