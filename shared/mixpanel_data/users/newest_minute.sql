-- Finds the newest minute that has an event of a name.
-- One row; NULL where no event has the name.
-- Reads event_minutes in [@history_from, @history_to) only.
SELECT MAX(minute) AS minute
FROM event_minutes
WHERE
  minute >= @history_from
  AND minute < @history_to
  AND event_name = @event
