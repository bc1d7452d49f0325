-- How many events the fullest day of a window had when it was last read. One row; NULL for days never read.
-- Reads event_minutes, in [@window_start, @window_end) only.
SELECT MAX(events) AS events
FROM (
  SELECT SUM(events) AS events
  FROM event_minutes
  WHERE minute >= @window_start AND minute < @window_end
  GROUP BY DATE(minute)
)
