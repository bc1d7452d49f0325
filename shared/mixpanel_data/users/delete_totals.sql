-- Removes the totals of users and clusters who no longer have an event.
-- One row per user or cluster.
-- Reads totals_changes. Writes user_insights; a repeat finds none.
DELETE FROM user_insights
WHERE distinct_id IN (SELECT distinct_id FROM totals_changes WHERE _is_gone)
