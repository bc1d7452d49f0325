-- The greatest seq of event_arrivals, 0 before the first. One row. For a state of which the guard does not say it.
-- Reads event_arrivals, all of it.
SELECT COALESCE(MAX(seq), 0) AS seq
FROM event_arrivals
