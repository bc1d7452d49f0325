-- From when until when there are counted events between @since and @until.
-- One row; NULL without events. Reads event_minutes; changes nothing.
SELECT
  MIN(minute) AS first_minute,
  MAX(minute) AS last_minute
FROM event_minutes
WHERE minute >= @since AND minute < @until
