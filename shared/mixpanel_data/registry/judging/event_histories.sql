-- Lists the days on which each event was seen, up to the day @at.
-- One row per event name and UTC day, in this order.
-- Reads event_observations.
SELECT event_name, day, events
FROM event_observations
WHERE day <= @at AND property IS NULL AND type = 'event'
ORDER BY event_name, day
