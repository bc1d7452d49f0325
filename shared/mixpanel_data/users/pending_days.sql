-- Lists the days in [@from_day, @to_day) that are marked to be computed, oldest first.
-- One row per UTC day.
-- Reads user_pending_days.
SELECT DISTINCT day
FROM user_pending_days
WHERE day >= @from_day AND day < @to_day
ORDER BY day
