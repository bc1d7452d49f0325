-- Removes queued changes that a newer one of the same user replaces.
-- One row per target and user or cluster.
-- Reads totals_changes. Writes user_sync_queue; a repeat finds none.
DELETE FROM user_sync_queue
WHERE target IN UNNEST(@targets) AND distinct_id IN (SELECT distinct_id FROM totals_changes)
