-- Reads the newest events of one name in a window; of those with one event time, the lowest ids first.
-- One row per event, at most @most. Reads mixpanel_events, in [@start, @end) only.
SELECT event_timestamp, inserted_at, event_id, distinct_id, properties
FROM mixpanel_events
WHERE event_timestamp >= @start
  AND event_timestamp < @end
  AND event_name = @event_name
ORDER BY event_timestamp DESC, event_id
LIMIT @most
