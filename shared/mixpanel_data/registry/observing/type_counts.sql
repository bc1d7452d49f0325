-- Counts the members of the events of units of which only a sample is looked at in value_counts.sql: exactly, by type.
-- One row per unit, property and type. least and greatest are of numbers, and of lengths of strings in characters.
-- Reads part_units, and mixpanel_events in [@from_time, @to_time) only. Materialised as type_counts.
WITH
  -- One row per event and property. JSON_KEYS gives a key that holds a dot, a quote or the like as a JSON string.
  members AS (
    SELECT
      units.unit,
      events.event_timestamp,
      IF(STARTS_WITH(key, '"'), JSON_VALUE(key, '$'), key) AS property,
      events.properties[IF(STARTS_WITH(key, '"'), JSON_VALUE(key, '$'), key)] AS member
    FROM mixpanel_events AS events
    INNER JOIN part_units AS units
      ON units.day = DATE(events.event_timestamp) AND units.event_name = events.event_name
    CROSS JOIN UNNEST(JSON_KEYS(events.properties, 1)) AS key
    WHERE
      events.event_timestamp >= @from_time
      AND events.event_timestamp < @to_time
      AND units.sample_bound IS NOT NULL
  ),
  -- One row per event and property, measured.
  measured AS (
    SELECT
      unit,
      event_timestamp,
      property,
      JSON_TYPE(member) AS json_type,
      CASE JSON_TYPE(member)
        WHEN 'string' THEN CAST(CHAR_LENGTH(JSON_VALUE(member, '$')) AS FLOAT64)
        -- -0.0 becomes 0.0: of equal numbers, MIN and MAX give any.
        WHEN 'number' THEN LAX_FLOAT64(member) + 0.0
      END AS measure
    FROM members
  )
SELECT
  unit,
  property,
  IF(json_type = 'number', IF(measure = TRUNC(measure), 'integer', 'number'), json_type) AS type,
  COUNT(*) AS events,
  MIN(event_timestamp) AS first_seen,
  MAX(event_timestamp) AS last_seen,
  MIN(measure) AS least,
  MAX(measure) AS greatest
FROM measured
GROUP BY unit, property, type
