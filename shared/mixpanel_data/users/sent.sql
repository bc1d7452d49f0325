-- The target has these changes now; one that came meanwhile stays. Writes user_sync_queue.
DELETE FROM user_sync_queue
WHERE target = @target AND CONCAT(change_id, ' ', distinct_id) IN UNNEST(@sent)
