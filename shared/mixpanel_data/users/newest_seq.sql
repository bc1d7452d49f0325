-- Finds the newest arrivals.
-- One row; NULL where nothing has arrived.
-- Reads event_arrivals.
SELECT MAX(seq) AS seq
FROM event_arrivals
