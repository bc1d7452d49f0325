-- Finds the number of the newest change in event_arrivals, 0 without one. One row. Reads event_arrivals.
SELECT IFNULL(MAX(seq), 0) AS seq
FROM event_arrivals
