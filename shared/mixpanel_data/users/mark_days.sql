-- Marks the days that a request asks for.
-- One row per UTC day.
-- Writes user_pending_days; a repeat adds no row, because a day is marked once.
INSERT INTO user_pending_days (day, marked_at)
SELECT DISTINCT
  day,
  @started_at AS marked_at
FROM UNNEST(@days) AS day
WHERE day NOT IN (SELECT pending.day FROM user_pending_days AS pending)
