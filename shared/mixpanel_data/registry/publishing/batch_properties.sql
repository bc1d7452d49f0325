-- Numbers the properties that some events have had up to the day of the judgement, with what is known of all days.
-- One row per event name, property and path.
-- Reads event_observations, of names in [@first_name, @last_name] only, and batch_names. Materialised as
-- batch_properties.
SELECT
  ROW_NUMBER() OVER (ORDER BY observed.event_name, observed.property, observed.path) AS number,
  observed.event_name,
  observed.property,
  observed.path,
  SUM(observed.events) AS events,
  MIN(observed.first_seen) AS first_seen,
  MAX(observed.last_seen) AS last_seen
FROM event_observations AS observed
INNER JOIN batch_names ON batch_names.event_name = observed.event_name
WHERE
  observed.event_name >= @first_name
  AND observed.event_name <= @last_name
  AND observed.day <= @at
  AND observed.property IS NOT NULL
GROUP BY observed.event_name, observed.property, observed.path
