-- Counts the events of a span by how long after their time Mixpanel stored them, in quarters of an hour, which are
-- negative where it did so before. One row per quarter, ascending. Reads mixpanel_events, [@since, @until).
SELECT
  CAST(FLOOR((mp_processing_time_ms - UNIX_MILLIS(event_timestamp)) / 900000) AS INT64) AS quarters,
  COUNT(*) AS event_count
FROM mixpanel_events
WHERE event_timestamp >= @since AND event_timestamp < @until AND mp_processing_time_ms IS NOT NULL
GROUP BY quarters
ORDER BY quarters
