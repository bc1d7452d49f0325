-- What changed since the arrivals up to @handled_seq, for each event name: from when on. One row per name, and the greatest
-- seq in each. Reads event_arrivals, those from @since on that were there as of @as_of.
SELECT event_name, MIN(first_event_timestamp) AS changed_from, MAX(seq) AS seq
FROM event_arrivals
WHERE arrived_at >= @since AND arrived_at <= @as_of AND seq > @handled_seq
GROUP BY event_name
