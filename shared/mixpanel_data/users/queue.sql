-- Queues the totals that changed for every target.
-- One row per target and user or cluster.
-- Reads totals_changes. Writes user_sync_queue, after unqueue.sql in the same transaction.
INSERT INTO user_sync_queue (target, distinct_id, change_id, queued_at)
SELECT
  target,
  changes.distinct_id,
  CONCAT(@run_id, '-', CAST(@part AS STRING)) AS change_id,
  @started_at AS queued_at
FROM totals_changes AS changes
CROSS JOIN UNNEST(@targets) AS target
