-- The number of events on the busiest day of a window, as last read. One row; NULL if no day was ever read.
-- Reads event_minutes, in [@window_start, @window_end) only.
SELECT MAX(events) AS events
FROM (
  -- One row per day.
  SELECT SUM(events) AS events
  FROM event_minutes
  WHERE minute >= @window_start AND minute < @window_end
  GROUP BY DATE(minute)
)
