-- What was queued of these users is overtaken. Reads totals_changes. Writes user_sync_queue.
DELETE FROM user_sync_queue
WHERE target IN UNNEST(@targets) AND distinct_id IN (SELECT distinct_id FROM totals_changes)
