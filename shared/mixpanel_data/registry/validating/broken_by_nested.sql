-- Counts the events of the sample that break a rule below a property: a type, or what an object has to have.
-- One row per suspected rule and versions of the sender, where at least one event breaks it.
-- Reads suspected_rules, part_units, and mixpanel_events in [@from_time, @to_time) only. Materialised as
-- broken_by_nested.
WITH
  -- One row with all rules to check. As one value, because DuckDB then looks for the rules of an event; else it expects
  -- few events, and would keep them all to look for those of a rule.
  gathered AS (
    SELECT
      ARRAY_AGG(
        STRUCT(
          suspect AS suspect,
          unit AS unit,
          property AS property,
          comparison AS comparison,
          operand AS operand,
          step_1 AS step_1,
          step_2 AS step_2,
          step_3 AS step_3
        )
      ) AS rules
    FROM suspected_rules
    WHERE scope = 'nested'
  ),
  -- One row per rule to check; key_1 is the key of the member that step_1 leads to.
  rules AS (
    SELECT
      rule.suspect,
      rule.unit,
      rule.property,
      rule.comparison,
      rule.operand,
      rule.step_1,
      rule.step_2,
      rule.step_3,
      SUBSTR(rule.step_1, 2) AS key_1,
      SUBSTR(rule.step_2, 2) AS key_2,
      SUBSTR(rule.step_3, 2) AS key_3
    FROM gathered
    CROSS JOIN UNNEST(gathered.rules) AS rule
  ),
  -- One row per event of the sample of a unit with such a rule; versions are NULL where event or plan has none.
  events AS (
    SELECT
      units.unit,
      events.event_id,
      events.event_timestamp,
      IF(@version_1 = '', NULL, events.properties[@version_1]) AS raw_1,
      IF(@version_2 = '', NULL, events.properties[@version_2]) AS raw_2,
      IF(@version_3 = '', NULL, events.properties[@version_3]) AS raw_3,
      IF(@version_4 = '', NULL, events.properties[@version_4]) AS raw_4,
      IF(@version_5 = '', NULL, events.properties[@version_5]) AS raw_5,
      events.properties
    FROM mixpanel_events AS events
    INNER JOIN part_units AS units
      ON units.day = DATE(events.event_timestamp) AND units.event_name = events.event_name
    WHERE
      events.event_timestamp >= @from_time
      AND events.event_timestamp < @to_time
      AND COALESCE(events.event_id < units.sample_bound, TRUE)
      AND units.unit IN (SELECT rules.unit FROM suspected_rules AS rules WHERE rules.scope = 'nested')
  ),
  -- One row per event and rule, with the value of the property.
  checked AS (
    SELECT
      rules.suspect,
      rules.comparison,
      rules.operand,
      rules.step_1,
      rules.step_2,
      rules.step_3,
      rules.key_1,
      rules.key_2,
      rules.key_3,
      events.event_id,
      events.event_timestamp,
      JSON_VALUE(events.raw_1, '$') AS version_1,
      JSON_VALUE(events.raw_2, '$') AS version_2,
      JSON_VALUE(events.raw_3, '$') AS version_3,
      JSON_VALUE(events.raw_4, '$') AS version_4,
      JSON_VALUE(events.raw_5, '$') AS version_5,
      events.properties[rules.property] AS value
    FROM events
    INNER JOIN rules ON rules.unit = events.unit
  ),
  -- One row per event, rule and value that the first step of the rule leads to. A null in an array may be read as NULL; a
  -- member that an object lacks is NULL too, but none of its values.
  first_values AS (
    SELECT
      checked.suspect,
      checked.comparison,
      checked.operand,
      checked.step_2,
      checked.key_2,
      checked.step_3,
      checked.key_3,
      checked.event_id,
      checked.event_timestamp,
      checked.version_1,
      checked.version_2,
      checked.version_3,
      checked.version_4,
      checked.version_5,
      value_1 AS value
    FROM checked
    CROSS JOIN
      UNNEST(
        CASE
          WHEN checked.step_1 IS NULL THEN [checked.value]
          WHEN checked.step_1 = '*'
            THEN IF(JSON_TYPE(checked.value) = 'array', JSON_QUERY_ARRAY(checked.value), NULL)
          WHEN JSON_TYPE(checked.value) = 'object' THEN [checked.value[checked.key_1]]
        END
      ) AS value_1
    WHERE value_1 IS NOT NULL OR checked.step_1 = '*'
  ),
  -- One row per event, rule and value that the first two steps of the rule lead to.
  second_values AS (
    SELECT
      first_values.suspect,
      first_values.comparison,
      first_values.operand,
      first_values.step_3,
      first_values.key_3,
      first_values.event_id,
      first_values.event_timestamp,
      first_values.version_1,
      first_values.version_2,
      first_values.version_3,
      first_values.version_4,
      first_values.version_5,
      value_2 AS value
    FROM first_values
    CROSS JOIN
      UNNEST(
        CASE
          WHEN first_values.step_2 IS NULL THEN [first_values.value]
          WHEN first_values.step_2 = '*'
            THEN IF(JSON_TYPE(first_values.value) = 'array', JSON_QUERY_ARRAY(first_values.value), NULL)
          WHEN JSON_TYPE(first_values.value) = 'object' THEN [first_values.value[first_values.key_2]]
        END
      ) AS value_2
    WHERE value_2 IS NOT NULL OR COALESCE(first_values.step_2, '*') = '*'
  ),
  -- One row per event, rule and value that all steps of the rule lead to.
  third_values AS (
    SELECT
      second_values.suspect,
      second_values.comparison,
      second_values.operand,
      second_values.event_id,
      second_values.event_timestamp,
      second_values.version_1,
      second_values.version_2,
      second_values.version_3,
      second_values.version_4,
      second_values.version_5,
      value_3 AS value
    FROM second_values
    CROSS JOIN
      UNNEST(
        CASE
          WHEN second_values.step_3 IS NULL THEN [second_values.value]
          WHEN second_values.step_3 = '*'
            THEN IF(JSON_TYPE(second_values.value) = 'array', JSON_QUERY_ARRAY(second_values.value), NULL)
          WHEN JSON_TYPE(second_values.value) = 'object' THEN [second_values.value[second_values.key_3]]
        END
      ) AS value_3
    WHERE value_3 IS NOT NULL OR COALESCE(second_values.step_3, '*') = '*'
  ),
  -- One row per event and rule that it breaks, however often.
  broken AS (
    SELECT DISTINCT
      suspect,
      event_id,
      event_timestamp,
      version_1,
      version_2,
      version_3,
      version_4,
      version_5
    FROM third_values
    WHERE
      IF(
        comparison = 'type',
        STRPOS(
          operand,
          CONCAT(
            CHR(31),
            IF(
              JSON_TYPE(value) = 'number' AND LAX_FLOAT64(value) = TRUNC(LAX_FLOAT64(value)),
              'integer',
              COALESCE(JSON_TYPE(value), 'null')
            ),
            CHR(31)
          )
        ) = 0,
        JSON_TYPE(value) = 'object' AND value[operand] IS NULL
      )
  )
SELECT
  suspect,
  version_1,
  version_2,
  version_3,
  version_4,
  version_5,
  COUNT(*) AS events,
  MIN(event_timestamp) AS first_seen,
  MAX(event_timestamp) AS last_seen,
  ARRAY_AGG(event_id ORDER BY event_id LIMIT 3) AS examples
FROM broken
GROUP BY suspect, version_1, version_2, version_3, version_4, version_5
