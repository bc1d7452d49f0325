-- Counts everybody who has events on some days, once.
-- One row.
-- Reads user_daily_metrics on @days.
SELECT COUNT(DISTINCT distinct_id) AS users
FROM user_daily_metrics
WHERE day IN UNNEST(@days)
