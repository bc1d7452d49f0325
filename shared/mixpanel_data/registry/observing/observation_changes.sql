-- Finds the observations of a part's units that are new, gone or other than they were stored.
-- One row per unit, property, path and type; is_stored where a row is stored, is_fresh where one is to be, with the
-- columns that it is to have.
-- Reads part_units, fresh_observations, and event_observations from @first_day to @last_day. Materialised as
-- observation_changes; once they are published a repeat finds none.
SELECT
  COALESCE(fresh.day, stored.day) AS day,
  COALESCE(fresh.event_name, stored.event_name) AS event_name,
  COALESCE(fresh.property, stored.property) AS property,
  COALESCE(fresh.path, stored.path) AS path,
  COALESCE(fresh.type, stored.type) AS type,
  stored.day IS NOT NULL AS is_stored,
  fresh.day IS NOT NULL AS is_fresh,
  fresh.events,
  fresh.first_seen,
  fresh.last_seen,
  fresh.min_length,
  fresh.max_length,
  fresh.least,
  fresh.greatest,
  fresh.sampled,
  fresh.distinct_values,
  fresh.top_values
FROM fresh_observations AS fresh
FULL JOIN (
  -- One row per observation that is stored of the units.
  SELECT observed.*
  FROM event_observations AS observed
  INNER JOIN part_units AS units ON units.day = observed.day AND units.event_name = observed.event_name
  WHERE observed.day >= @first_day AND observed.day <= @last_day
) AS stored
  ON
    stored.day = fresh.day
    AND stored.event_name = fresh.event_name
    -- An empty name is a property; a row without a property has a type of its own.
    AND COALESCE(stored.property, '') = COALESCE(fresh.property, '')
    AND stored.path = fresh.path
    AND stored.type = fresh.type
WHERE
  stored.day IS NULL
  OR fresh.day IS NULL
  OR stored.events <> fresh.events
  OR stored.first_seen <> fresh.first_seen
  OR stored.last_seen <> fresh.last_seen
  OR stored.min_length IS DISTINCT FROM fresh.min_length
  OR stored.max_length IS DISTINCT FROM fresh.max_length
  OR stored.least IS DISTINCT FROM fresh.least
  OR stored.greatest IS DISTINCT FROM fresh.greatest
  OR stored.sampled <> fresh.sampled
  OR stored.distinct_values IS DISTINCT FROM fresh.distinct_values
  OR FARM_FINGERPRINT(TO_JSON_STRING(stored.top_values)) IS DISTINCT FROM FARM_FINGERPRINT(
    TO_JSON_STRING(fresh.top_values)
  )
