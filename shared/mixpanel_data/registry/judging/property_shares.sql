-- Counts in which share of some events each of their properties is, up to the day @at.
-- One row per event name and property.
-- Reads event_observations of the events @names.
WITH
  -- One row per event name.
  totals AS (
    SELECT event_name, SUM(events) AS events
    FROM event_observations
    WHERE day <= @at AND event_name IN UNNEST(@names) AND property IS NULL AND type = 'event'
    GROUP BY event_name
  )
SELECT
  observed.event_name,
  observed.property,
  SUM(observed.events) / ANY_VALUE(totals.events) AS share
FROM event_observations AS observed
INNER JOIN totals ON totals.event_name = observed.event_name
WHERE
  observed.day <= @at
  AND observed.event_name IN UNNEST(@names)
  AND observed.property IS NOT NULL
  AND observed.path = ''
GROUP BY observed.event_name, observed.property
