-- Counts the events of one name in an incident, and in the time that the incident is compared with. One row.
-- Reads event_minutes, in [@before_start, @window_end) only.
SELECT
  COALESCE(SUM(IF(minute >= @window_start, events, 0)), 0) AS inside,
  COALESCE(SUM(IF(minute < @before_end, events, 0)), 0) AS before
FROM event_minutes
WHERE minute >= @before_start AND minute < @window_end AND event_name = @event_name
