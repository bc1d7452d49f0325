-- Adds the arrivals of a trial's minutes. One row per UTC day.
-- Reads event_minutes, in [@history_from, @now) only. Writes event_arrivals of a dataset that holds nothing else.
INSERT INTO event_arrivals (
  seq, run_id, arrived_at, day, event_name, inserted, updated, deleted, first_event_timestamp, last_event_timestamp
)
SELECT
  1 AS seq,
  'invented' AS run_id,
  @now AS arrived_at,
  DATE(minute) AS day,
  event_name,
  SUM(events) AS inserted,
  0 AS updated,
  0 AS deleted,
  MIN(minute) AS first_event_timestamp,
  MAX(minute) AS last_event_timestamp
FROM event_minutes
WHERE minute >= @history_from AND minute < @now
GROUP BY DATE(minute), event_name
