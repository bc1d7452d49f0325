-- Removes the marks of days that were computed.
-- One row per UTC day.
-- Writes user_pending_days, in the transaction that publishes the days; a repeat finds none.
DELETE FROM user_pending_days
WHERE day IN UNNEST(@days)
