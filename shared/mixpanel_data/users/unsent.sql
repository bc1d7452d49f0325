-- The next users that a target lacks, in order of their ids, with their totals; those columns are NULL where none are left.
-- One row per user, at most @most. Reads user_sync_queue and user_insights.
SELECT queued.distinct_id AS _queued_id, queued.change_id AS _change_id, totals.*
FROM user_sync_queue AS queued
LEFT JOIN user_insights AS totals ON totals.distinct_id = queued.distinct_id
WHERE queued.target = @target AND queued.distinct_id > @after
ORDER BY queued.distinct_id
LIMIT @most
