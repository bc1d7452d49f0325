-- The days in [@from_day, @to_day) that have to be computed again, in order. One row each. Reads user_pending_days.
SELECT DISTINCT day
FROM user_pending_days
WHERE day >= @from_day AND day < @to_day
ORDER BY day
