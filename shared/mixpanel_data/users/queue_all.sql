-- Queues everybody's totals for targets that are new, or that get them in another shape.
-- One row per target and user or cluster.
-- Reads user_insights. Writes user_sync_queue; a repeat adds no row, because whoever is queued stays so.
INSERT INTO user_sync_queue (target, distinct_id, change_id, queued_at)
SELECT
  named AS target,
  totals.distinct_id,
  CONCAT(@run_id, '-', CAST(@part AS STRING)) AS change_id,
  @started_at AS queued_at
FROM user_insights AS totals
CROSS JOIN UNNEST(@all_for) AS named
WHERE
  NOT EXISTS (
    SELECT 1
    FROM user_sync_queue AS queued
    WHERE queued.target = named AND queued.distinct_id = totals.distinct_id
  )
