-- Marks all days of these event names, or (@is_of_all) of all: those that have events, and those that were observed.
-- One row per UTC day and event name.
-- Reads event_minutes in [@history_from, @history_to), and event_observations from @first_day to @last_day. Writes
-- registry_pending; a repeat adds no row, because a unit is marked once.
INSERT INTO registry_pending (day, event_name, marked_at)
SELECT
  known.day,
  known.event_name,
  @started_at AS marked_at
FROM (
  -- One row per UTC day and event name.
  SELECT
    DATE(minute) AS day,
    event_name
  FROM event_minutes
  WHERE minute >= @history_from AND minute < @history_to
  UNION DISTINCT
  SELECT
    day,
    event_name
  FROM event_observations
  WHERE day >= @first_day AND day <= @last_day AND type = 'event'
) AS known
WHERE
  (@is_of_all OR known.event_name IN UNNEST(@names))
  AND NOT EXISTS (
    SELECT 1
    FROM registry_pending AS pending
    WHERE pending.day = known.day AND pending.event_name = known.event_name
  )
