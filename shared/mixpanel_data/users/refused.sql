-- The target has refused these changes: they stay, with its reasons. Writes user_sync_queue.
UPDATE user_sync_queue AS queued
SET refused_because = refusals.reason
FROM (
  SELECT JSON_VALUE(one, '$.distinct_id') AS distinct_id, JSON_VALUE(one, '$.reason') AS reason
  FROM UNNEST(@refused) AS one
) AS refusals
WHERE queued.target = @target AND queued.distinct_id = refusals.distinct_id
