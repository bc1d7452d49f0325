-- Finds the newest arrival of events.
-- One row; NULL before the first collection.
-- Reads event_arrivals.
SELECT MAX(seq) AS seq
FROM event_arrivals
