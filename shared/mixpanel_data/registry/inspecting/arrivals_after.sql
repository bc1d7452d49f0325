-- Sums up the parts that added events of one name after the change @seq. One row; `inserted` is NULL where none did.
-- Reads event_arrivals.
SELECT
  MAX(seq) AS seq,
  SUM(inserted) AS inserted,
  MIN(arrived_at) AS arrived_at,
  MIN(first_event_timestamp) AS first_event_timestamp,
  MAX(last_event_timestamp) AS last_event_timestamp
FROM event_arrivals
WHERE seq > @seq AND event_name = @event_name AND inserted > 0
