-- Removes the totals of those who have no event any more. Reads totals_changes. Writes user_insights.
DELETE FROM user_insights
WHERE distinct_id IN (SELECT distinct_id FROM totals_changes WHERE _is_gone)
