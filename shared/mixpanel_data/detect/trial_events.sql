-- Adds the events of a trial's newest minutes, those from @events_from on. From @rises_at on they are of a new version.
-- One row per event.
-- Reads event_minutes, in [@events_from, @now) only. Writes mixpanel_events of a dataset that holds nothing else.
INSERT INTO mixpanel_events (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id, read_at)
SELECT
  TIMESTAMP_ADD(minute, INTERVAL MOD(number * 7, 60) SECOND) AS event_timestamp,
  @now AS inserted_at,
  event_name,
  PARSE_JSON(
    CONCAT(
      '{"app_version":"',
      IF(minute >= @rises_at, '2.0.0', '1.9.3'),
      '","platform":"',
      IF(MOD(number, 3) = 0, 'Android', 'iOS'),
      '"}'
    )
  ) AS properties,
  CONCAT('invented-', CAST(MOD(number, 50) AS STRING)) AS distinct_id,
  CONCAT(CAST(UNIX_MICROS(minute) AS STRING), '-', CAST(number AS STRING)) AS event_id,
  @now AS read_at
FROM event_minutes
CROSS JOIN UNNEST(GENERATE_ARRAY(1, events)) AS number
WHERE minute >= @events_from AND minute < @now
