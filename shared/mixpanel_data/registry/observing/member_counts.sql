-- Counts the events of a part and their members, in one reading of the events: all of them by type, and the values of
-- those in the samples.
-- One row per unit, property and type; one more per unit of type event, without a property, for its events. least and
-- greatest are of numbers, and of lengths of strings in characters. top_values has the @most_values most frequent values,
-- documents lists each array or object once, by its fingerprint, with the number and the times of the events that have it.
-- Reads part_units, and mixpanel_events in [@from_time, @to_time) only. Materialised as member_counts.
WITH
  -- One row per event and property. JSON_KEYS gives a key that holds a dot, a quote or the like as a JSON string.
  members AS (
    SELECT
      units.unit,
      events.event_timestamp,
      COALESCE(events.event_id < units.sample_bound, TRUE) AS is_sampled,
      IF(STARTS_WITH(key, '"'), JSON_VALUE(key, '$'), key) AS property,
      events.properties[IF(STARTS_WITH(key, '"'), JSON_VALUE(key, '$'), key)] AS member
    FROM mixpanel_events AS events
    INNER JOIN part_units AS units
      ON units.day = DATE(events.event_timestamp) AND units.event_name = events.event_name
    CROSS JOIN UNNEST(JSON_KEYS(events.properties, 1)) AS key
    WHERE events.event_timestamp >= @from_time AND events.event_timestamp < @to_time
  ),
  -- The same, measured.
  measured AS (
    SELECT
      unit,
      event_timestamp,
      is_sampled,
      property,
      member,
      JSON_TYPE(member) AS json_type,
      CASE JSON_TYPE(member)
        WHEN 'string' THEN CAST(CHAR_LENGTH(JSON_VALUE(member, '$')) AS FLOAT64)
        -- -0.0 becomes 0.0: of equal numbers, MIN and MAX give any.
        WHEN 'number' THEN LAX_FLOAT64(member) + 0.0
      END AS measure
    FROM members
  ),
  -- One row per unit, property, type and value, and those of type event; the values of events outside of the sample do not
  -- count. value is NULL for null, and for arrays and objects, which are in document.
  counted AS (
    SELECT
      unit,
      property,
      IF(json_type = 'number', IF(measure = TRUNC(measure), 'integer', 'number'), json_type) AS type,
      is_sampled,
      CASE
        WHEN NOT is_sampled THEN NULL
        -- 5.0 is 5.
        WHEN json_type = 'number' AND measure = TRUNC(measure) AND ABS(measure) < 9007199254740992
          THEN CAST(CAST(measure AS INT64) AS STRING)
        ELSE JSON_VALUE(member, '$')
      END AS value,
      IF(is_sampled AND json_type IN ('array', 'object'), FARM_FINGERPRINT(TO_JSON_STRING(member)), NULL) AS fingerprint,
      ANY_VALUE(IF(is_sampled AND json_type IN ('array', 'object'), member, NULL)) AS document,
      COUNT(*) AS events,
      MIN(event_timestamp) AS first_seen,
      MAX(event_timestamp) AS last_seen,
      MIN(measure) AS least,
      MAX(measure) AS greatest
    FROM measured
    GROUP BY unit, property, type, is_sampled, value, fingerprint
    UNION ALL
    SELECT
      units.unit,
      CAST(NULL AS STRING) AS property,
      'event' AS type,
      COALESCE(events.event_id < units.sample_bound, TRUE) AS is_sampled,
      CAST(NULL AS STRING) AS value,
      CAST(NULL AS INT64) AS fingerprint,
      CAST(NULL AS JSON) AS document,
      COUNT(*) AS events,
      MIN(events.event_timestamp) AS first_seen,
      MAX(events.event_timestamp) AS last_seen,
      CAST(NULL AS FLOAT64) AS least,
      CAST(NULL AS FLOAT64) AS greatest
    FROM mixpanel_events AS events
    INNER JOIN part_units AS units
      ON units.day = DATE(events.event_timestamp) AND units.event_name = events.event_name
    WHERE events.event_timestamp >= @from_time AND events.event_timestamp < @to_time
    GROUP BY units.unit, is_sampled
  ),
  -- The same, with the rank of a value: the most frequent first.
  ranked AS (
    SELECT
      unit,
      property,
      type,
      is_sampled,
      value,
      fingerprint,
      document,
      events,
      first_seen,
      last_seen,
      least,
      greatest,
      ROW_NUMBER() OVER (PARTITION BY unit, property, type, value IS NULL ORDER BY events DESC, value) AS place
    FROM counted
  )
SELECT
  unit,
  property,
  type,
  SUM(events) AS events,
  SUM(IF(is_sampled, events, 0)) AS sampled,
  MIN(first_seen) AS first_seen,
  MAX(last_seen) AS last_seen,
  MIN(least) AS least,
  MAX(greatest) AS greatest,
  COUNT(value) AS distinct_values,
  TO_JSON(
    ARRAY_AGG(
      IF(value IS NOT NULL AND place <= @most_values, STRUCT(value AS value, events AS events), NULL) IGNORE NULLS
      ORDER BY place
    )
  ) AS top_values,
  TO_JSON(
    ARRAY_AGG(
      IF(
        fingerprint IS NOT NULL,
        STRUCT(
          CAST(fingerprint AS STRING) AS fingerprint,
          document AS document,
          events AS events,
          UNIX_MICROS(first_seen) AS first_micros,
          UNIX_MICROS(last_seen) AS last_micros
        ),
        NULL
      ) IGNORE NULLS
    )
  ) AS documents
FROM ranked
GROUP BY unit, property, type
