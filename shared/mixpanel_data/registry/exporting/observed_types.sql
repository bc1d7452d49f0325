-- Lists what was ever seen of the properties of all events, for schemas that no event breaks. `is_listed` is FALSE
-- where a day with too many properties may hide more of this one. `choices` are all values of a type, where each was
-- looked at and there are at most @most_choices; else NULL.
-- One row per event name, property and type, in this order; property is NULL for an event without any.
-- Reads event_registry and event_observations.
WITH
  -- One row per event name.
  totals AS (
    SELECT
      event_name,
      SUM(IF(type = 'event', events, 0)) AS events,
      COUNTIF(type = 'others') AS crowded_days
    FROM event_observations
    WHERE property IS NULL
    GROUP BY event_name
  ),
  -- One row per event name, property and type.
  typed AS (
    SELECT
      event_name,
      property,
      type,
      SUM(events) AS events,
      LOGICAL_AND(sampled = events AND COALESCE(distinct_values, 0) <= @most_choices) AS is_looked_at
    FROM event_observations
    WHERE property IS NOT NULL AND path = ''
    GROUP BY event_name, property, type
  ),
  -- One row per event name and property: on how many days with too many properties it is one of those that are listed.
  crowded AS (
    SELECT observed.event_name, observed.property, COUNT(DISTINCT observed.day) AS days
    FROM event_observations AS observed
    INNER JOIN event_observations AS others
      ON others.day = observed.day AND others.event_name = observed.event_name
    WHERE others.property IS NULL AND others.type = 'others' AND observed.property IS NOT NULL AND observed.path = ''
    GROUP BY observed.event_name, observed.property
  ),
  -- One row per day, event name, property, type and value.
  listed AS (
    SELECT
      typed.event_name,
      typed.property,
      typed.type,
      one AS element
    FROM typed
    INNER JOIN event_observations AS observed
      ON
        observed.event_name = typed.event_name
        AND observed.property = typed.property
        AND observed.type = typed.type
        AND observed.path = ''
    CROSS JOIN UNNEST(JSON_QUERY_ARRAY(observed.top_values)) AS one
    WHERE typed.is_looked_at AND typed.type IN ('string', 'integer')
  ),
  -- One row per event name, property, type and value.
  known AS (
    SELECT DISTINCT event_name, property, type, JSON_VALUE(element, '$.value') AS value
    FROM listed
  ),
  -- One row per event name, property and type.
  chosen AS (
    SELECT event_name, property, type, ARRAY_AGG(value IGNORE NULLS ORDER BY value) AS choices
    FROM known
    GROUP BY event_name, property, type
    HAVING COUNT(*) <= @most_choices
  )
SELECT
  registered.event_name,
  totals.events AS of_event,
  typed.property,
  typed.type,
  typed.events,
  totals.crowded_days = COALESCE(crowded.days, 0) AS is_listed,
  chosen.choices
FROM event_registry AS registered
INNER JOIN totals ON totals.event_name = registered.event_name
LEFT JOIN typed ON typed.event_name = registered.event_name
LEFT JOIN crowded ON crowded.event_name = typed.event_name AND crowded.property = typed.property
LEFT JOIN chosen
  ON chosen.event_name = typed.event_name AND chosen.property = typed.property AND chosen.type = typed.type
ORDER BY registered.event_name, typed.property, typed.type
