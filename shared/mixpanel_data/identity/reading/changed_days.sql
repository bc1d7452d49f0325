-- Finds the days whose events of @names, or (@is_of_all) of any name, changed: the recent ones, from @recent_day on, by
-- the arrivals after @handled_seq, and the older ones by those after @older_handled_seq.
-- One row per UTC day.
-- Reads event_arrivals since @since.
SELECT DISTINCT day
FROM event_arrivals
WHERE
  arrived_at >= @since
  AND (@is_of_all OR event_name IN UNNEST(@names))
  AND (
    (day >= @recent_day AND seq > @handled_seq)
    OR (day < @recent_day AND seq > @older_handled_seq)
  )
