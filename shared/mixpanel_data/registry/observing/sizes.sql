-- Counts the events of days and event names that are marked, to size the parts of a run, and all events of the days.
-- One row per UTC day in [@from_time, @to_time) and marked event name that has events. The first name of a day has a row
-- in any case, without the name where that is not marked.
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
  -- The same, with the events of the whole day, and numbered within it.
  ranked AS (
    SELECT
      day,
      event_name,
      events,
      SUM(events) OVER (PARTITION BY day) AS of_day,
      ROW_NUMBER() OVER (PARTITION BY day ORDER BY event_name) AS place
    FROM sizes
  )
SELECT
  ranked.day,
  pending.event_name,
  ranked.events,
  ranked.of_day
FROM ranked
LEFT JOIN (
  -- One row per UTC day and event name.
  SELECT DISTINCT day, event_name
  FROM registry_pending
) AS pending
  ON pending.day = ranked.day AND pending.event_name = ranked.event_name
WHERE pending.event_name IS NOT NULL OR ranked.place = 1
