-- Compares the violations of a part with the stored ones of its days and names.
-- One row per day, event name, property, path, rule and what it expects, where they differ; is_gone where no event
-- breaks the rule any longer.
-- Reads part_units, fresh_violations, and schema_violations on the days from @first_day to @last_day. Materialised as
-- violation_changes.
WITH
  -- One row per stored violation of the part.
  stored AS (
    SELECT
      stored.day,
      stored.event_name,
      stored.property,
      stored.path,
      stored.rule,
      stored.expected,
      stored.events,
      stored.is_sampled,
      stored.first_seen,
      stored.last_seen,
      stored.examples,
      stored.versions
    FROM schema_violations AS stored
    INNER JOIN part_units AS units ON units.day = stored.day AND units.event_name = stored.event_name
    WHERE stored.day >= @first_day AND stored.day <= @last_day
  )
SELECT
  COALESCE(fresh.day, stored.day) AS day,
  COALESCE(fresh.event_name, stored.event_name) AS event_name,
  IF(fresh.day IS NULL, stored.property, fresh.property) AS property,
  COALESCE(fresh.path, stored.path) AS path,
  COALESCE(fresh.rule, stored.rule) AS rule,
  IF(fresh.day IS NULL, stored.expected, fresh.expected) AS expected,
  stored.day IS NOT NULL AS was_stored,
  fresh.day IS NULL AS is_gone,
  fresh.events,
  fresh.is_sampled,
  fresh.first_seen,
  fresh.last_seen,
  fresh.examples,
  fresh.versions
FROM fresh_violations AS fresh
FULL OUTER JOIN stored
  ON
    stored.day = fresh.day
    AND stored.event_name = fresh.event_name
    AND stored.path = fresh.path
    AND stored.rule = fresh.rule
    AND COALESCE(stored.property, '') = COALESCE(fresh.property, '')
    AND (stored.property IS NULL) = (fresh.property IS NULL)
    AND COALESCE(stored.expected, '') = COALESCE(fresh.expected, '')
WHERE
  fresh.day IS NULL
  OR stored.day IS NULL
  OR fresh.events != stored.events
  OR fresh.is_sampled != stored.is_sampled
  OR fresh.first_seen != stored.first_seen
  OR fresh.last_seen != stored.last_seen
  OR ARRAY_TO_STRING(fresh.examples, ',') != ARRAY_TO_STRING(stored.examples, ',')
  OR TO_JSON_STRING(fresh.versions) != TO_JSON_STRING(stored.versions)
