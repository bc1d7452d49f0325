-- How many users were active on the days of [@from_day, @to_day) that the user sync has counted, and how many ever were.
-- One row. Reads user_daily_metrics, those days only, and the number of rows of user_insights; changes nothing.
SELECT
  COUNT(*) AS users_of_days,
  COUNT(DISTINCT day) AS days,
  (SELECT COUNT(*) FROM user_insights) AS users
FROM user_daily_metrics
WHERE day >= @from_day AND day < @to_day
