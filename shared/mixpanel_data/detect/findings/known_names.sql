-- Lists the names of all events that ever arrived.
-- One row per event name.
-- Reads event_arrivals.
SELECT DISTINCT event_name
FROM event_arrivals
