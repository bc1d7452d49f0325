-- These days are done. Writes user_pending_days.
DELETE FROM user_pending_days WHERE day IN UNNEST(@days)
