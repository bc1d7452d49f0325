-- The days that have events, in a time zone, with figures that change whenever an event of the day does.
-- One row per day. Reads the window of mixpanel_events only.
SELECT
  IF(@zone = 'UTC', DATE(event_timestamp), DATE(TIMESTAMP(DATETIME(event_timestamp, @zone)))) AS day,
  COUNT(*) AS events,
  UNIX_MICROS(MAX(inserted_at)) AS newest,
  SUM(UNIX_SECONDS(read_at)) AS seconds_read,
  BIT_XOR(contents_fingerprint) AS contents
FROM mixpanel_events
WHERE event_timestamp >= @window_start AND event_timestamp < @window_end
GROUP BY day
ORDER BY day
