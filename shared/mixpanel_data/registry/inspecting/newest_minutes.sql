-- Finds the newest minutes in a window in which an event was seen: at most @most, as each holds at least one event.
-- One row, with NULL for an event that was not seen there. Reads event_minutes, in [@start, @end) only.
SELECT MIN(newest.minute) AS first_minute, MAX(newest.minute) AS last_minute
FROM (
  -- One row per minute.
  SELECT minute
  FROM event_minutes
  WHERE minute >= @start AND minute < @end AND event_name = @event_name
  ORDER BY minute DESC
  LIMIT @most
) AS newest
