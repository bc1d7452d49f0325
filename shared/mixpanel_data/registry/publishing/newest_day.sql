-- Finds the newest day with events, not after @today. One row; NULL if there is none.
-- Reads event_observations.
SELECT MAX(day) AS day
FROM event_observations
WHERE day <= @today AND type = 'event' AND property IS NULL
