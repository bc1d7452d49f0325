-- The events of a window, in any order, with their properties as JSON text.
-- One row per event. Reads the window of mixpanel_events only.
SELECT
  UNIX_MICROS(event_timestamp) AS event_timestamp,
  UNIX_MICROS(inserted_at) AS inserted_at,
  event_name,
  TO_JSON_STRING(properties) AS properties,
  distinct_id,
  event_id
FROM mixpanel_events
WHERE event_timestamp >= @window_start AND event_timestamp < @window_end
