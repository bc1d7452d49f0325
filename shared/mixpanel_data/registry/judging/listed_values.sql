-- Reads the values that are listed of some properties of some events, up to the day @at.
-- One row per event name, property, path, UTC day and type that has values, in order of event name and property.
-- Reads event_observations of the events @names.
SELECT
  event_name,
  property,
  path,
  day,
  type,
  top_values
FROM event_observations
WHERE
  day <= @at
  AND event_name IN UNNEST(@names)
  AND property IN UNNEST(@properties)
  AND top_values IS NOT NULL
ORDER BY event_name, property, path, day, type
