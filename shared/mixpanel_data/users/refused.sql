-- Keeps users that a target refused in its queue, with its reason.
-- One row per user or cluster.
-- Writes user_sync_queue; a repeat writes the same reason.
UPDATE user_sync_queue AS queued
SET refused_because = refusals.reason
FROM (
  -- One row per refused user, from a JSON object each.
  SELECT
    JSON_VALUE(refusal, '$.distinct_id') AS distinct_id,
    JSON_VALUE(refusal, '$.reason') AS reason
  FROM UNNEST(@refused) AS refusal
) AS refusals
WHERE queued.target = @target AND queued.distinct_id = refusals.distinct_id
