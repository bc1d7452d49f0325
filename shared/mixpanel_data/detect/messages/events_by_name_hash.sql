-- Reads the newest 100 events of an incident as events_by_name.sql does, for a name that must not be shown: it stands as
-- its SHA-256, in lower-case hex. One row per event. Reads mixpanel_events, in [@window_start, @window_end) only.
SELECT event_timestamp, distinct_id, properties
FROM mixpanel_events
WHERE event_timestamp >= @window_start
  AND event_timestamp < @window_end
  AND TO_HEX(SHA256(event_name)) = @name_hash
ORDER BY event_timestamp DESC
LIMIT 100
