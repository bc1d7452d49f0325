-- Lists the events in which one of the properties @property_names has another status than active.
-- One row per property and status, with the names of the events, sorted. Reads event_properties.
SELECT
  property,
  status,
  ARRAY_AGG(DISTINCT event_name ORDER BY event_name) AS event_names
FROM event_properties
WHERE property IN UNNEST(@property_names) AND status != 'active'
GROUP BY property, status
ORDER BY property, status
