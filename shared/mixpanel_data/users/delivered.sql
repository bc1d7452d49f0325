-- Lists the next users whose totals a target took, in the order of their ids: those that do not wait for it.
-- One row per user or cluster, at most @most.
-- Reads user_insights and user_sync_queue.
SELECT totals.distinct_id
FROM user_insights AS totals
WHERE
  totals.distinct_id > @after
  AND NOT EXISTS (
    SELECT 1
    FROM user_sync_queue AS queued
    WHERE queued.target = @target AND queued.distinct_id = totals.distinct_id
  )
ORDER BY totals.distinct_id
LIMIT @most
