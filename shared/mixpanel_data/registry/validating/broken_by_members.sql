-- Counts the events that break a rule by a property that they have.
-- One row per suspected rule and versions of the sender, where at least one event breaks it.
-- Reads suspected_rules, part_units, and mixpanel_events in [@from_time, @to_time) only. Materialised as
-- broken_by_members.
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
          bound AS bound
        )
      ) AS rules
    FROM suspected_rules
    WHERE scope = 'member'
  ),
  -- One row per rule to check.
  checks AS (
    SELECT
      rule.suspect,
      rule.unit,
      rule.property,
      rule.comparison,
      rule.operand,
      rule.bound
    FROM gathered
    CROSS JOIN UNNEST(gathered.rules) AS rule
  ),
  -- One row per event of a unit with such a rule; versions are NULL where the event or the plan has none.
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
      AND units.unit IN (SELECT rules.unit FROM suspected_rules AS rules WHERE rules.scope = 'member')
  ),
  -- One row per event and property. JSON_KEYS gives a key that holds a dot, a quote or the like as a JSON string.
  members AS (
    SELECT
      events.unit,
      events.event_id,
      events.event_timestamp,
      events.raw_1,
      events.raw_2,
      events.raw_3,
      events.raw_4,
      events.raw_5,
      IF(STARTS_WITH(key, '"'), JSON_VALUE(key, '$'), key) AS property,
      events.properties[IF(STARTS_WITH(key, '"'), JSON_VALUE(key, '$'), key)] AS member
    FROM events
    CROSS JOIN UNNEST(JSON_KEYS(events.properties, 1)) AS key
  ),
  -- One row per event and rule for a property that it has, with the value as the rules compare it.
  measured AS (
    SELECT
      checks.suspect,
      checks.comparison,
      checks.operand,
      checks.bound,
      members.event_id,
      members.event_timestamp,
      members.raw_1,
      members.raw_2,
      members.raw_3,
      members.raw_4,
      members.raw_5,
      JSON_TYPE(members.member) AS json_type,
      IF(checks.comparison = 'always', NULL, JSON_VALUE(members.member, '$')) AS text,
      IF(JSON_TYPE(members.member) = 'number', LAX_FLOAT64(members.member), NULL) AS number
    FROM members
    INNER JOIN checks ON checks.unit = members.unit AND checks.property = members.property
  )
SELECT
  suspect,
  JSON_VALUE(raw_1, '$') AS version_1,
  JSON_VALUE(raw_2, '$') AS version_2,
  JSON_VALUE(raw_3, '$') AS version_3,
  JSON_VALUE(raw_4, '$') AS version_4,
  JSON_VALUE(raw_5, '$') AS version_5,
  COUNT(*) AS events,
  MIN(event_timestamp) AS first_seen,
  MAX(event_timestamp) AS last_seen,
  ARRAY_AGG(event_id ORDER BY event_id LIMIT 3) AS examples
FROM measured
WHERE
  CASE comparison
    WHEN 'always' THEN TRUE
    WHEN 'type' THEN
      STRPOS(operand, CONCAT(CHR(31), IF(number = TRUNC(number), 'integer', json_type), CHR(31))) = 0
    -- A number goes by its value; U+001F stands between the values of the plan, and in none of them.
    WHEN 'values' THEN
      STRPOS(text, CHR(31)) > 0
      OR STRPOS(
        operand,
        CONCAT(
          CHR(31),
          CASE
            WHEN text IS NULL THEN json_type
            WHEN number = TRUNC(number) AND ABS(number) < 9007199254740992
              THEN CONCAT('number:', CAST(CAST(number AS INT64) AS STRING))
            ELSE CONCAT(json_type, ':', text)
          END,
          CHR(31)
        )
      ) = 0
    WHEN 'minimum' THEN number < bound
    WHEN 'exclusiveMinimum' THEN number <= bound
    WHEN 'maximum' THEN number > bound
    WHEN 'exclusiveMaximum' THEN number >= bound
    WHEN 'minLength' THEN json_type = 'string' AND CHAR_LENGTH(text) < bound
    WHEN 'maxLength' THEN json_type = 'string' AND CHAR_LENGTH(text) > bound
    ELSE json_type = 'string' AND NOT REGEXP_CONTAINS(text, operand)
  END
GROUP BY suspect, version_1, version_2, version_3, version_4, version_5
