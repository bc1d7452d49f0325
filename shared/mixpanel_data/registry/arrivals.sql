-- Finds the newest arrivals. One row; NULL where nothing has arrived.
-- Reads event_arrivals, those from @arrived_since on.
SELECT MAX(seq) AS newest_seq
FROM event_arrivals
WHERE arrived_at >= @arrived_since
