-- Marks the days whose events changed, by the arrivals after @handled_seq up to @newest_seq.
-- One row per UTC day.
-- Reads event_arrivals since @arrived_from. Writes user_pending_days; a repeat adds no row, because a day is marked once.
INSERT INTO user_pending_days (day, marked_at)
SELECT DISTINCT
  arrivals.day,
  @started_at AS marked_at
FROM event_arrivals AS arrivals
WHERE
  arrivals.arrived_at >= @arrived_from
  AND arrivals.seq > @handled_seq
  AND arrivals.seq <= @newest_seq
  AND arrivals.day NOT IN (SELECT pending.day FROM user_pending_days AS pending)
