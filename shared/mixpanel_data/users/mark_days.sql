-- Marks these days. Writes user_pending_days.
INSERT INTO user_pending_days (day, marked_at)
SELECT DISTINCT day, @started_at AS marked_at
FROM UNNEST(@days) AS day
WHERE day NOT IN (SELECT pending.day FROM user_pending_days AS pending)
