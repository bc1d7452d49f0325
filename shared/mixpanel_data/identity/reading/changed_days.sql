-- Finds the days whose events changed: the recent ones, from @recent_day on, by the arrivals after @handled_seq, and
-- the older ones by those after @older_handled_seq.
-- One row per UTC day.
-- Reads event_arrivals.
SELECT DISTINCT day
FROM event_arrivals
WHERE
  (day >= @recent_day AND seq > @handled_seq)
  OR (day < @recent_day AND seq > @older_handled_seq)
