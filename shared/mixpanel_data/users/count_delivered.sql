-- Counts the users whose totals a target took: those that have totals and do not wait for it.
-- One row.
-- Reads user_insights and user_sync_queue.
SELECT COUNT(*) AS users
FROM user_insights AS totals
WHERE
  NOT EXISTS (
    SELECT 1
    FROM user_sync_queue AS queued
    WHERE queued.target = @target AND queued.distinct_id = totals.distinct_id
  )
