-- Reads the sampled events on the first days of changes below a property, or of the values of one: the observations of
-- these rest on the sample alone, which has the events with the least ids.
-- One row per change and event, the least event_id first.
-- Reads subjects, event_observations, and mixpanel_events in [@from_time, @to_time) only.
WITH
  -- One row per UTC day and event name of a change.
  units AS (
    SELECT DISTINCT
      observed.day,
      observed.event_name,
      observed.sampled
    FROM event_observations AS observed
    INNER JOIN subjects ON subjects.event_name = observed.event_name
    WHERE
      observed.type = 'event'
      AND observed.property IS NULL
      AND observed.day >= subjects.day
      AND observed.day <= subjects.last_day
  ),
  -- One row per event of these, by rank.
  ranked AS (
    SELECT
      units.day,
      events.event_name,
      events.event_id,
      units.sampled,
      ROW_NUMBER() OVER (PARTITION BY units.day, units.event_name ORDER BY events.event_id) AS place
    FROM mixpanel_events AS events
    INNER JOIN units ON units.event_name = events.event_name AND units.day = DATE(events.event_timestamp)
    WHERE events.event_timestamp >= @from_time AND events.event_timestamp < @to_time
  ),
  -- One row per event of the samples.
  sample AS (
    SELECT day, event_name, event_id
    FROM ranked
    WHERE place <= sampled
  )
SELECT
  subjects.number,
  sample.event_id,
  JSON_VALUE(events.properties[@version_1], '$') AS version_1,
  JSON_VALUE(events.properties[@version_2], '$') AS version_2,
  JSON_VALUE(events.properties[@version_3], '$') AS version_3,
  JSON_VALUE(events.properties[@version_4], '$') AS version_4,
  JSON_VALUE(events.properties[@version_5], '$') AS version_5,
  events.properties[subjects.property] AS member
FROM sample
INNER JOIN mixpanel_events AS events ON events.event_id = sample.event_id AND events.event_name = sample.event_name
INNER JOIN subjects
  ON
    subjects.event_name = sample.event_name
    AND sample.day >= subjects.day
    AND sample.day <= subjects.last_day
WHERE events.event_timestamp >= @from_time AND events.event_timestamp < @to_time
ORDER BY subjects.number, sample.event_id
