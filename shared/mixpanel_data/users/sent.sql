-- Removes the changes that a target has taken; a change that was queued while they were sent stays.
-- One row per user or cluster. @sent holds change_id, a space and distinct_id.
-- Writes user_sync_queue; a repeat finds none.
DELETE FROM user_sync_queue
WHERE target = @target AND CONCAT(change_id, ' ', distinct_id) IN UNNEST(@sent)
