-- How many users each target lacks. One row per target that lacks any. Reads user_sync_queue.
SELECT target, COUNT(*) AS users
FROM user_sync_queue
GROUP BY target
