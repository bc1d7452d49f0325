-- How many events of one name an incident has, and how many there were in the time that it is compared with. One row.
-- Reads event_minutes, in [@before_start, @window_end) only.
SELECT
  COALESCE(SUM(IF(minute >= @window_start, events, 0)), 0) AS inside,
  COALESCE(SUM(IF(minute < @before_end, events, 0)), 0) AS before
FROM event_minutes
WHERE minute >= @before_start AND minute < @window_end AND event_name = @event_name
