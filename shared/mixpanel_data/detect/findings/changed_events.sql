-- Finds the events whose counts changed after the arrival @handled_seq, and the first event time that changed.
-- One row per event name, with the greatest seq of its arrivals.
-- Reads event_arrivals, those from @since on that were there as of @as_of.
SELECT event_name, MIN(first_event_timestamp) AS changed_from, MAX(seq) AS seq
FROM event_arrivals
WHERE arrived_at >= @since AND arrived_at <= @as_of AND seq > @handled_seq
GROUP BY event_name
