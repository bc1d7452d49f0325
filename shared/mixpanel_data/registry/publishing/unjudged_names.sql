-- Lists the event names to judge, with the number of their observations, and how many there are a day.
-- One row per event name, in order.
-- Reads registry_unjudged and event_observations.
SELECT
  names.event_name,
  COUNT(observed.event_name) AS observations,
  DIV(COUNT(observed.event_name), GREATEST(COUNTIF(observed.type = 'event' AND observed.property IS NULL), 1)) AS a_day
FROM (
  -- One row per event name.
  SELECT DISTINCT event_name
  FROM registry_unjudged
) AS names
LEFT JOIN event_observations AS observed ON observed.event_name = names.event_name
GROUP BY names.event_name
ORDER BY names.event_name
