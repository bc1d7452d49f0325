-- Records for the other jobs which days changed: one row per day and event name. Runs behind the guard, which has found
-- the state where @new_seq is the first seq that is free, so that seq ascends in the order in which changes become
-- visible, without a gap. An event that moves to another day is deleted on the one and inserted on the other.
-- Reads changes. Writes event_arrivals.
INSERT INTO event_arrivals (
  seq, run_id, arrived_at, day, event_name, inserted, updated, deleted, first_event_timestamp, last_event_timestamp
)
SELECT
  @new_seq AS seq,
  @run_id AS run_id,
  @started_at AS arrived_at,
  day,
  event_name,
  SUM(inserted) AS inserted,
  SUM(updated) AS updated,
  SUM(deleted) AS deleted,
  MIN(event_timestamp) AS first_event_timestamp,
  MAX(event_timestamp) AS last_event_timestamp
FROM (
  -- One row per changed event, and another for the day that an event has left.
  SELECT
    DATE(event_timestamp) AS day,
    event_name,
    IF(stored_timestamp IS NULL OR DATE(stored_timestamp) <> DATE(event_timestamp), 1, 0) AS inserted,
    IF(DATE(stored_timestamp) = DATE(event_timestamp), 1, 0) AS updated,
    0 AS deleted,
    event_timestamp
  FROM changes
  UNION ALL
  SELECT DATE(stored_timestamp) AS day, event_name, 0 AS inserted, 0 AS updated, 1 AS deleted, stored_timestamp
  FROM changes
  WHERE DATE(stored_timestamp) <> DATE(event_timestamp)
)
GROUP BY day, event_name
