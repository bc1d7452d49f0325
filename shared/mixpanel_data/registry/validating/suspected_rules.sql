-- Lists the rules that events of a part break, or may break as far as the observations tell: those that compare values
-- one by one stay in wherever there is a value to compare.
-- One row per unit, property (NULL for the event), path, rule and what it expects, numbered; `comparison`, `operand`,
-- `bound` and the steps say how to check it.
-- Reads part_units and fresh_observations; of units with more properties than are observed, the names of all of them in
-- member_counts. Materialised as suspected_rules.
WITH
  -- One row per planned event of the part, from a JSON object each.
  planned AS (
    SELECT
      JSON_VALUE(given, '$.event') AS event_name,
      JSON_VALUE(given, '$.is_closed') = 'true' AS is_closed,
      given
    FROM UNNEST(@plan_rules) AS given
  ),
  -- One row per planned event and rule.
  listed AS (
    SELECT planned.event_name, rule
    FROM planned
    CROSS JOIN UNNEST(JSON_QUERY_ARRAY(planned.given, '$.rules')) AS rule
  ),
  -- One row per unit and rule of its event.
  rules AS (
    SELECT
      units.unit,
      units.day,
      units.event_name,
      JSON_VALUE(listed.rule, '$.property') AS property,
      JSON_VALUE(listed.rule, '$.path') AS path,
      JSON_VALUE(listed.rule, '$.rule') AS rule,
      JSON_VALUE(listed.rule, '$.expected') AS expected,
      JSON_VALUE(listed.rule, '$.comparison') AS comparison,
      JSON_VALUE(listed.rule, '$.operand') AS operand,
      CAST(JSON_VALUE(listed.rule, '$.bound') AS FLOAT64) AS bound,
      JSON_VALUE(listed.rule, '$.step_1') AS step_1,
      JSON_VALUE(listed.rule, '$.step_2') AS step_2,
      JSON_VALUE(listed.rule, '$.step_3') AS step_3
    FROM listed
    INNER JOIN part_units AS units ON units.event_name = listed.event_name
  ),
  -- One row per unit that has events; not all properties were observed where there are others.
  observed AS (
    SELECT
      units.unit,
      SUM(IF(fresh.type = 'event', fresh.events, 0)) AS events,
      LOGICAL_OR(fresh.type = 'others') AS has_others
    FROM part_units AS units
    INNER JOIN fresh_observations AS fresh ON fresh.day = units.day AND fresh.event_name = units.event_name
    WHERE fresh.property IS NULL
    GROUP BY units.unit
  ),
  -- One row per unit and observed property.
  properties AS (
    SELECT units.unit, units.event_name, fresh.property, SUM(fresh.events) AS events
    FROM part_units AS units
    INNER JOIN fresh_observations AS fresh ON fresh.day = units.day AND fresh.event_name = units.event_name
    WHERE fresh.property IS NOT NULL AND fresh.path = ''
    GROUP BY units.unit, units.event_name, fresh.property
  ),
  -- One row per unit and property of its events: where not all properties were observed, those that were counted.
  all_properties AS (
    SELECT unit, event_name, property
    FROM properties
    UNION DISTINCT
    SELECT crowded.unit, crowded.event_name, counted.property
    FROM (
      -- One row per unit with properties that were not observed.
      SELECT units.unit, units.event_name
      FROM part_units AS units
      INNER JOIN observed ON observed.unit = units.unit
      WHERE observed.has_others
    ) AS crowded
    INNER JOIN member_counts AS counted
      ON counted.unit = crowded.unit AND counted.property IS NOT NULL
  ),
  -- One row per unit and property that Mixpanel does not add.
  own_properties AS (
    SELECT unit, event_name, property
    FROM all_properties
    WHERE NOT REGEXP_CONTAINS(property, @mixpanels_keys)
  ),
  -- One row per suspected rule, or more.
  suspected AS (
    -- What every event of a unit breaks.
    SELECT
      units.unit,
      CAST(NULL AS STRING) AS property,
      '' AS path,
      'unknown_event' AS rule,
      CAST(NULL AS STRING) AS expected,
      'always' AS comparison,
      '' AS operand,
      0.0 AS bound,
      CAST(NULL AS STRING) AS step_1,
      CAST(NULL AS STRING) AS step_2,
      CAST(NULL AS STRING) AS step_3
    FROM part_units AS units
    WHERE @lists_events AND units.event_name NOT IN UNNEST(@planned_events)
    UNION ALL
    SELECT
      units.unit, NULL, '', 'naming', @event_naming, 'always', '', 0.0, NULL, NULL, NULL
    FROM part_units AS units
    WHERE
      @event_pattern != ''
      AND NOT STARTS_WITH(units.event_name, '$')
      AND NOT REGEXP_CONTAINS(units.event_name, @event_pattern)
    UNION ALL
    SELECT
      unit, property, path, rule, expected, comparison, operand, bound, step_1, step_2, step_3
    FROM rules
    WHERE property IS NULL
    UNION ALL
    -- What every event breaks that has the property.
    SELECT
      unit, property, '', 'naming', @property_naming, 'always', '', 0.0, NULL, NULL, NULL
    FROM own_properties
    WHERE @property_pattern != '' AND NOT REGEXP_CONTAINS(property, @property_pattern)
    UNION ALL
    SELECT
      own.unit, own.property, '', 'unknown_property', NULL, 'always', '', 0.0, NULL, NULL, NULL
    FROM own_properties AS own
    INNER JOIN planned ON planned.event_name = own.event_name AND planned.is_closed
    LEFT JOIN (
      -- One row per planned event and property.
      SELECT planned.event_name, property
      FROM planned
      CROSS JOIN UNNEST(JSON_VALUE_ARRAY(planned.given, '$.properties')) AS property
    ) AS known
      ON known.event_name = own.event_name AND known.property = own.property
    WHERE known.property IS NULL
    UNION ALL
    -- What an event breaks that lacks the property.
    SELECT
      rules.unit,
      rules.property,
      rules.path,
      rules.rule,
      rules.expected,
      rules.comparison,
      rules.operand,
      rules.bound,
      rules.step_1,
      rules.step_2,
      rules.step_3
    FROM rules
    INNER JOIN observed ON observed.unit = rules.unit
    LEFT JOIN properties ON properties.unit = rules.unit AND properties.property = rules.property
    WHERE
      rules.comparison = 'required'
      AND rules.path = ''
      AND (observed.has_others OR COALESCE(properties.events, 0) != observed.events)
    UNION ALL
    -- What depends on the value.
    SELECT
      rules.unit,
      rules.property,
      rules.path,
      rules.rule,
      rules.expected,
      rules.comparison,
      rules.operand,
      rules.bound,
      rules.step_1,
      rules.step_2,
      rules.step_3
    FROM rules
    INNER JOIN fresh_observations AS fresh
      ON fresh.day = rules.day AND fresh.event_name = rules.event_name AND fresh.property = rules.property
    WHERE
      fresh.path = ''
      AND (
        rules.path != ''
        OR CASE rules.comparison
          WHEN 'required' THEN FALSE
          WHEN 'type' THEN STRPOS(rules.operand, CONCAT(CHR(31), fresh.type, CHR(31))) = 0
          WHEN 'minimum' THEN fresh.least < rules.bound
          WHEN 'exclusiveMinimum' THEN fresh.least <= rules.bound
          WHEN 'maximum' THEN fresh.greatest > rules.bound
          WHEN 'exclusiveMaximum' THEN fresh.greatest >= rules.bound
          WHEN 'minLength' THEN fresh.min_length < rules.bound
          WHEN 'maxLength' THEN fresh.max_length > rules.bound
          WHEN 'pattern' THEN fresh.type = 'string'
          ELSE TRUE
        END
      )
    UNION ALL
    SELECT
      rules.unit,
      rules.property,
      rules.path,
      rules.rule,
      rules.expected,
      rules.comparison,
      rules.operand,
      rules.bound,
      rules.step_1,
      rules.step_2,
      rules.step_3
    FROM rules
    INNER JOIN observed ON observed.unit = rules.unit
    WHERE observed.has_others AND rules.property IS NOT NULL
  )
SELECT
  ROW_NUMBER() OVER (ORDER BY unit, property, path, rule, expected) AS suspect,
  unit,
  property,
  path,
  rule,
  expected,
  comparison,
  operand,
  bound,
  step_1,
  step_2,
  step_3,
  -- 'event': every event is checked; 'member': those that have the property; 'nested': those of the sample.
  CASE
    WHEN path != '' THEN 'nested'
    WHEN property IS NULL OR comparison = 'required' THEN 'event'
    ELSE 'member'
  END AS scope
FROM (
  -- One row per suspected rule.
  SELECT DISTINCT
    unit, property, path, rule, expected, comparison, operand, bound, step_1, step_2, step_3
  FROM suspected
) AS suspects
