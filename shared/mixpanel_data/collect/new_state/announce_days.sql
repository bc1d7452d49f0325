-- Tells the other jobs that the events of every day may be others: one row per day and event name of the old counts and
-- of the events table. seq goes on ascending, so that a job that keeps the greatest it has handled misses nothing.
-- Reads event_minutes and mixpanel_events, in [@window_start, @window_end). Writes event_arrivals.
INSERT INTO event_arrivals (
  seq, run_id, arrived_at, day, event_name, inserted, updated, deleted, first_event_timestamp, last_event_timestamp
)
SELECT
  (SELECT COALESCE(MAX(seq), 0) + 1 FROM event_arrivals) AS seq,
  @run_id AS run_id,
  @now AS arrived_at,
  day,
  event_name,
  SUM(inserted) AS inserted,
  0 AS updated,
  SUM(deleted) AS deleted,
  MIN(first_event_timestamp) AS first_event_timestamp,
  MAX(last_event_timestamp) AS last_event_timestamp
FROM (
  -- One row per day and event name of the events table, and another for those of the old counts.
  SELECT
    DATE(event_timestamp) AS day,
    event_name,
    COUNT(*) AS inserted,
    0 AS deleted,
    MIN(event_timestamp) AS first_event_timestamp,
    MAX(event_timestamp) AS last_event_timestamp
  FROM mixpanel_events
  WHERE event_timestamp >= @window_start AND event_timestamp < @window_end
  GROUP BY DATE(event_timestamp), event_name
  UNION ALL
  SELECT
    DATE(minute) AS day,
    event_name,
    0 AS inserted,
    SUM(events) AS deleted,
    MIN(minute) AS first_event_timestamp,
    MAX(minute) AS last_event_timestamp
  FROM event_minutes
  WHERE minute >= @window_start AND minute < @window_end
  GROUP BY DATE(minute), event_name
)
GROUP BY day, event_name
