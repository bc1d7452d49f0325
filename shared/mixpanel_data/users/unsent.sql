-- Lists the next users that wait for a target, in the order of their ids, with their totals; the columns of the totals
-- are NULL for a user without events.
-- One row per user or cluster, at most @most.
-- Reads user_sync_queue and user_insights.
SELECT
  queued.distinct_id AS _queued_id,
  queued.change_id AS _change_id,
  totals.*
FROM user_sync_queue AS queued
LEFT JOIN user_insights AS totals ON totals.distinct_id = queued.distinct_id
WHERE queued.target = @target AND queued.distinct_id > @after
ORDER BY queued.distinct_id
LIMIT @most
