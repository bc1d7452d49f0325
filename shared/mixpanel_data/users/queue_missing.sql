-- Queues users whom a target had, and has no more.
-- One row per user or cluster.
-- Writes user_sync_queue; a repeat adds no row, because whoever is queued stays so.
INSERT INTO user_sync_queue (target, distinct_id, change_id, queued_at)
SELECT
  @target AS target,
  distinct_id,
  CONCAT(@run_id, '-', CAST(@part AS STRING)) AS change_id,
  @started_at AS queued_at
FROM UNNEST(@missing) AS distinct_id
WHERE
  distinct_id NOT IN (
    SELECT queued.distinct_id
    FROM user_sync_queue AS queued
    WHERE queued.target = @target
  )
