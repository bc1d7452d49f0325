-- Shows the totals of one user or cluster.
-- One row, or none.
-- Reads user_insights.
SELECT *
FROM user_insights
WHERE distinct_id = @distinct_id
