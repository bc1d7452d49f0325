-- Lists the days that have a name that is marked. One row per UTC day, in order.
-- Reads registry_pending.
SELECT DISTINCT day
FROM registry_pending
ORDER BY day
