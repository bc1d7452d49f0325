-- Looks at the events on the first days of changes, by what they have in a property itself: whether they are bad, and
-- whether they are counted at all. versions has the values of the version properties, in their order, each behind a
-- unit separator; nothing where an event has none.
-- One row per change and event.
-- Reads subjects, and mixpanel_events in [@from_time, @to_time) only. Materialised as looked_at.
WITH
  -- One row per change and event.
  found AS (
    SELECT
      subjects.number,
      subjects.sign,
      subjects.types,
      events.event_id,
      events.properties[@version_1] AS version_1,
      events.properties[@version_2] AS version_2,
      events.properties[@version_3] AS version_3,
      events.properties[@version_4] AS version_4,
      events.properties[@version_5] AS version_5,
      events.properties[subjects.property] AS member
    FROM mixpanel_events AS events
    INNER JOIN subjects ON subjects.event_name = events.event_name
    WHERE
      events.event_timestamp >= @from_time
      AND events.event_timestamp < @to_time
      AND DATE(events.event_timestamp) >= subjects.day
      AND DATE(events.event_timestamp) <= subjects.last_day
  ),
  -- The same, measured.
  measured AS (
    SELECT
      number,
      sign,
      types,
      event_id,
      CONCAT(
        COALESCE(JSON_VALUE(version_1, '$'), ''),
        CHR(31),
        COALESCE(JSON_VALUE(version_2, '$'), ''),
        CHR(31),
        COALESCE(JSON_VALUE(version_3, '$'), ''),
        CHR(31),
        COALESCE(JSON_VALUE(version_4, '$'), ''),
        CHR(31),
        COALESCE(JSON_VALUE(version_5, '$'), '')
      ) AS versions,
      JSON_TYPE(member) AS type,
      IF(JSON_TYPE(member) = 'number', LAX_FLOAT64(member), NULL) AS measure
    FROM found
  )
SELECT
  number,
  event_id,
  versions,
  CASE sign
    WHEN 'event' THEN TRUE
    WHEN 'held' THEN type IS NOT NULL
    WHEN 'lacking' THEN type IS NULL
    WHEN 'type' THEN
      COALESCE(
        STRPOS(types, CONCAT('|', IF(type = 'number' AND measure = TRUNC(measure), 'integer', type), '|')) > 0,
        FALSE
      )
    ELSE FALSE
  END AS is_bad,
  sign <> 'type' OR type IS NOT NULL AS is_counted
FROM measured
