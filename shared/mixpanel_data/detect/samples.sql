-- The newest three events of one name in a window, those of one instant by their id.
-- Reads mixpanel_events, in [@window_start, @window_end) only, and what was there at @as_of.
SELECT event_timestamp, distinct_id, properties
FROM mixpanel_events
WHERE
  event_timestamp >= @window_start
  AND event_timestamp < @window_end
  AND event_name = @event_name
  AND inserted_at <= @as_of
ORDER BY event_timestamp DESC, event_id
LIMIT 3
