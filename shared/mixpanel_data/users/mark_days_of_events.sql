-- Marks the days that have an event of these names, or (@is_of_all) any event: those that a changed metric reads.
-- One row per UTC day.
-- Reads event_minutes in [@history_from, @history_to) only. Writes user_pending_days; a repeat adds no row, because a
-- day is marked once.
INSERT INTO user_pending_days (day, marked_at)
SELECT DISTINCT
  DATE(minute) AS day,
  @started_at AS marked_at
FROM event_minutes
WHERE
  minute >= @history_from
  AND minute < @history_to
  AND (@is_of_all OR event_name IN UNNEST(@names))
  AND DATE(minute) NOT IN (SELECT pending.day FROM user_pending_days AS pending)
