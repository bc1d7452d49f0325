-- Reads the events of one name in a window that runs since @arrived_at inserted, in order of their time; of those with
-- one event time, the lowest ids first. One row per event, the newest @most of them.
-- Reads mixpanel_events, in [@start, @end) only.
SELECT event_timestamp, inserted_at, event_id, distinct_id, properties
FROM (
  -- One row per event.
  SELECT event_timestamp, inserted_at, event_id, distinct_id, properties
  FROM mixpanel_events
  WHERE event_timestamp >= @start
    AND event_timestamp < @end
    AND event_name = @event_name
    AND inserted_at >= @arrived_at
  ORDER BY event_timestamp DESC, event_id DESC
  LIMIT @most
) AS arrived
ORDER BY event_timestamp, event_id
