-- Counts the users that wait for each target.
-- One row per target that any user waits for.
-- Reads user_sync_queue.
SELECT
  target,
  COUNT(*) AS users
FROM user_sync_queue
GROUP BY target
