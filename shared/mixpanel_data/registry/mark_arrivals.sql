-- Marks the days and event names whose events changed, by the arrivals after @handled_seq up to @newest_seq.
-- One row per UTC day and event name.
-- Reads event_arrivals. Writes registry_pending; a repeat adds no row, because a unit is marked once.
INSERT INTO registry_pending (day, event_name, marked_at)
SELECT DISTINCT
  arrivals.day,
  arrivals.event_name,
  @started_at AS marked_at
FROM event_arrivals AS arrivals
WHERE
  arrivals.seq > @handled_seq
  AND arrivals.seq <= @newest_seq
  AND NOT EXISTS (
    SELECT 1
    FROM registry_pending AS pending
    WHERE pending.day = arrivals.day AND pending.event_name = arrivals.event_name
  )
