-- Lists which of some event names ever arrived.
-- One row per event name.
-- Reads event_arrivals.
SELECT DISTINCT event_name
FROM event_arrivals
WHERE event_name IN UNNEST(@names)
