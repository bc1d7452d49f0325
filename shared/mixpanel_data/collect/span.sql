-- The UTC days whose stored events a part may touch: those of its own events, and a day to either side,
-- because a corrected time zone moves an event by less than a day. One row; NULL where there is no event.
-- Reads incoming.
SELECT
  TIMESTAMP_SUB(MIN(TIMESTAMP_TRUNC(event_timestamp, DAY)), INTERVAL 1 DAY) AS first_day,
  TIMESTAMP_ADD(MAX(TIMESTAMP_TRUNC(event_timestamp, DAY)), INTERVAL 2 DAY) AS end_day,
  COUNT(*) AS received
FROM incoming
