-- Counts the events that break a rule as a whole: one that all events of the unit break, or by lacking a property.
-- One row per suspected rule and versions of the sender, where at least one event breaks it.
-- Reads suspected_rules, part_units, and mixpanel_events in [@from_time, @to_time) only. Materialised as
-- broken_by_events.
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
          comparison AS comparison
        )
      ) AS rules
    FROM suspected_rules
    WHERE scope = 'event'
  ),
  -- One row per rule to check.
  checks AS (
    SELECT
      rule.suspect,
      rule.unit,
      rule.property,
      rule.comparison
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
      AND units.unit IN (SELECT rules.unit FROM suspected_rules AS rules WHERE rules.scope = 'event')
  )
SELECT
  checks.suspect,
  JSON_VALUE(events.raw_1, '$') AS version_1,
  JSON_VALUE(events.raw_2, '$') AS version_2,
  JSON_VALUE(events.raw_3, '$') AS version_3,
  JSON_VALUE(events.raw_4, '$') AS version_4,
  JSON_VALUE(events.raw_5, '$') AS version_5,
  COUNT(*) AS events,
  MIN(events.event_timestamp) AS first_seen,
  MAX(events.event_timestamp) AS last_seen,
  ARRAY_AGG(events.event_id ORDER BY events.event_id LIMIT 3) AS examples
FROM events
INNER JOIN checks ON checks.unit = events.unit
WHERE checks.comparison = 'always' OR events.properties[checks.property] IS NULL
GROUP BY checks.suspect, version_1, version_2, version_3, version_4, version_5
