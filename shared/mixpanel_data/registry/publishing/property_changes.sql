-- Finds the properties of some events whose rows differ from the stored ones: new, changed, or (is_gone) without
-- observations.
-- One row per event name, property and path.
-- Reads fresh_properties, given_properties, batch_names and event_properties. Materialised as property_changes; after it
-- was published, a repeat finds none.
WITH
  -- One row per event name, property and path.
  stored AS (
    SELECT
      properties.event_name,
      properties.property,
      properties.path,
      properties.status,
      properties.type,
      FARM_FINGERPRINT(TO_JSON_STRING(properties.types)) AS types_fingerprint,
      properties.events,
      properties.share,
      properties.null_share,
      properties.first_seen,
      properties.last_seen,
      properties.cardinality,
      properties.format,
      FARM_FINGERPRINT(TO_JSON_STRING(properties.top_values)) AS values_fingerprint,
      properties.least,
      properties.greatest,
      properties.min_length,
      properties.max_length,
      properties.description
    FROM event_properties AS properties
    INNER JOIN batch_names ON batch_names.event_name = properties.event_name
  ),
  -- One row per event name, property and path.
  fresh AS (
    SELECT
      properties.event_name,
      properties.property,
      properties.path,
      COALESCE(given.status, 'active') AS status,
      properties.type,
      properties.types,
      properties.events,
      properties.share,
      properties.null_share,
      properties.first_seen,
      properties.last_seen,
      properties.cardinality,
      properties.format,
      properties.top_values,
      properties.least,
      properties.greatest,
      properties.min_length,
      properties.max_length,
      given.description
    FROM fresh_properties AS properties
    LEFT JOIN given_properties AS given
      ON
        given.event_name = properties.event_name
        AND given.property = properties.property
        AND given.path = properties.path
  )
SELECT
  COALESCE(fresh.event_name, stored.event_name) AS event_name,
  COALESCE(fresh.property, stored.property) AS property,
  COALESCE(fresh.path, stored.path) AS path,
  fresh.event_name IS NULL AS is_gone,
  stored.event_name IS NULL AS is_new,
  fresh.status,
  fresh.type,
  fresh.types,
  fresh.events,
  fresh.share,
  fresh.null_share,
  fresh.first_seen,
  fresh.last_seen,
  fresh.cardinality,
  fresh.format,
  fresh.top_values,
  fresh.least,
  fresh.greatest,
  fresh.min_length,
  fresh.max_length,
  fresh.description
FROM fresh
FULL JOIN stored
  ON stored.event_name = fresh.event_name AND stored.property = fresh.property AND stored.path = fresh.path
WHERE
  fresh.event_name IS NULL
  OR stored.event_name IS NULL
  OR fresh.status <> stored.status
  OR fresh.type IS DISTINCT FROM stored.type
  OR FARM_FINGERPRINT(TO_JSON_STRING(fresh.types)) <> stored.types_fingerprint
  OR fresh.events <> stored.events
  OR fresh.share IS DISTINCT FROM stored.share
  OR fresh.null_share IS DISTINCT FROM stored.null_share
  OR fresh.first_seen <> stored.first_seen
  OR fresh.last_seen <> stored.last_seen
  OR fresh.cardinality IS DISTINCT FROM stored.cardinality
  OR fresh.format IS DISTINCT FROM stored.format
  OR FARM_FINGERPRINT(TO_JSON_STRING(fresh.top_values)) IS DISTINCT FROM stored.values_fingerprint
  OR fresh.least IS DISTINCT FROM stored.least
  OR fresh.greatest IS DISTINCT FROM stored.greatest
  OR fresh.min_length IS DISTINCT FROM stored.min_length
  OR fresh.max_length IS DISTINCT FROM stored.max_length
  OR fresh.description IS DISTINCT FROM stored.description
