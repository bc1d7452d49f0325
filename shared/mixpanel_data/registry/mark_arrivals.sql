-- Marks the days and event names whose events changed, by the arrivals after @handled_seq up to @newest_seq, with the
-- number of the changed events.
-- One row per UTC day and event name.
-- Reads event_arrivals from @arrived_since on. Writes registry_pending, after count_marked.sql; a repeat adds no row,
-- because a unit is marked once.
INSERT INTO registry_pending (day, event_name, marked_at, changes)
SELECT
  arrivals.day,
  arrivals.event_name,
  @started_at AS marked_at,
  SUM(arrivals.inserted + arrivals.updated + arrivals.deleted) AS changes
FROM event_arrivals AS arrivals
WHERE
  arrivals.arrived_at >= @arrived_since
  AND arrivals.seq > @handled_seq
  AND arrivals.seq <= @newest_seq
  AND NOT EXISTS (
    SELECT 1
    FROM registry_pending AS pending
    WHERE pending.day = arrivals.day AND pending.event_name = arrivals.event_name
  )
GROUP BY arrivals.day, arrivals.event_name
