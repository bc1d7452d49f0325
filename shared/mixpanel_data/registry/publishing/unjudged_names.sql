-- Lists the event names to judge, with about how many observations there are on one of their days: as in the 30 days up to
-- @at, and where there are none as many as an event has properties.
-- One row per event name, in order.
-- Reads registry_unjudged, event_properties, and event_observations of these 30 days.
SELECT
  names.event_name,
  GREATEST(COALESCE(recent.a_day, held.properties, 0), 1) AS a_day
FROM (
  -- One row per event name.
  SELECT DISTINCT event_name
  FROM registry_unjudged
) AS names
LEFT JOIN (
  -- One row per event name.
  SELECT event_name, DIV(COUNT(*), GREATEST(COUNT(DISTINCT day), 1)) AS a_day
  FROM event_observations
  WHERE day > DATE_SUB(@at, INTERVAL 30 DAY) AND day <= @at
  GROUP BY event_name
) AS recent
  ON recent.event_name = names.event_name
LEFT JOIN (
  -- One row per event name.
  SELECT event_name, COUNT(*) AS properties
  FROM event_properties
  GROUP BY event_name
) AS held
  ON held.event_name = names.event_name
ORDER BY names.event_name
