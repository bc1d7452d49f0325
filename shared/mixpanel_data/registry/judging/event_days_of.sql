-- Lists the days of some events up to the day @at.
-- One row per event name and UTC day, in this order; has_others says that the event had more properties than are listed.
-- Reads event_observations of the events @names.
SELECT
  event_name,
  day,
  SUM(IF(type = 'event', events, 0)) AS events,
  SUM(IF(type = 'event', sampled, 0)) AS sampled,
  LOGICAL_OR(type = 'others') AS has_others
FROM event_observations
WHERE day <= @at AND property IS NULL AND event_name IN UNNEST(@names)
GROUP BY event_name, day
ORDER BY event_name, day
