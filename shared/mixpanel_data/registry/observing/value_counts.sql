-- Counts the members of the sampled events of a part, by type and value.
-- One row per unit, property, type and value. value is NULL for null, and for arrays and objects, which are in document:
-- their fingerprint stands for them. least and greatest are of numbers, and of lengths of strings in characters.
-- Reads part_units, and mixpanel_events in [@from_time, @to_time) only. Materialised as value_counts.
WITH
  -- One row per sampled event and property. JSON_KEYS gives a key that holds a dot, a quote or the like as a JSON string.
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
      AND (units.sample_bound IS NULL OR events.event_id < units.sample_bound)
  ),
  -- One row per sampled event and property, measured.
  measured AS (
    SELECT
      unit,
      event_timestamp,
      property,
      member,
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
  -- 5.0 is 5.
  IF(
    json_type = 'number' AND measure = TRUNC(measure) AND ABS(measure) < 9007199254740992,
    CAST(CAST(measure AS INT64) AS STRING),
    JSON_VALUE(member, '$')
  ) AS value,
  IF(json_type IN ('array', 'object'), FARM_FINGERPRINT(TO_JSON_STRING(member)), NULL) AS fingerprint,
  ANY_VALUE(IF(json_type IN ('array', 'object'), member, NULL)) AS document,
  COUNT(*) AS events,
  MIN(event_timestamp) AS first_seen,
  MAX(event_timestamp) AS last_seen,
  MIN(measure) AS least,
  MAX(measure) AS greatest
FROM measured
GROUP BY unit, property, type, value, fingerprint
