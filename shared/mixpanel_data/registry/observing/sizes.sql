-- Counts the events of days and event names that are marked, to size the parts of a run. read_until counts those of all
-- names and days from @from_time up to and including the day.
-- One row per UTC day in [@from_time, @to_time) and marked event name that has events.
-- Reads registry_pending, and event_minutes in [@from_time, @to_time) only.
WITH
  -- One row per UTC day and event name.
  sizes AS (
    SELECT
      DATE(minute) AS day,
      event_name,
      SUM(events) AS events
    FROM event_minutes
    WHERE minute >= @from_time AND minute < @to_time
    GROUP BY day, event_name
  ),
  -- One row per UTC day.
  days AS (
    SELECT
      day,
      SUM(SUM(events)) OVER (ORDER BY day) AS read_until
    FROM sizes
    GROUP BY day
  )
SELECT
  sizes.day,
  sizes.event_name,
  sizes.events,
  days.read_until
FROM sizes
INNER JOIN days ON days.day = sizes.day
WHERE EXISTS (
  SELECT 1
  FROM registry_pending AS pending
  WHERE pending.day = sizes.day AND pending.event_name = sizes.event_name
)
