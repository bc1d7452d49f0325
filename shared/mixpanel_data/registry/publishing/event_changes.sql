-- Finds the events whose rows differ from the stored ones: new, changed, or (is_gone) without observations.
-- One row per event name.
-- Reads event_properties, given_events and event_registry. Materialised as event_changes; after it was published, a repeat
-- finds none.
WITH
  -- One row per event name that has properties.
  held AS (
    SELECT event_name, COUNT(*) AS properties
    FROM event_properties
    WHERE path = ''
    GROUP BY event_name
  ),
  -- One row per event name.
  fresh AS (
    SELECT
      given.event_name,
      given.status,
      given.base_name,
      given.version,
      given.similar_to,
      given.first_seen,
      given.last_seen,
      given.events,
      given.days,
      COALESCE(held.properties, 0) AS properties,
      given.description,
      given.owner
    FROM given_events AS given
    LEFT JOIN held ON held.event_name = given.event_name
  )
SELECT
  COALESCE(fresh.event_name, stored.event_name) AS event_name,
  fresh.event_name IS NULL AS is_gone,
  stored.event_name IS NULL AS is_new,
  fresh.status,
  fresh.base_name,
  fresh.version,
  fresh.similar_to,
  fresh.first_seen,
  fresh.last_seen,
  fresh.events,
  fresh.days,
  fresh.properties,
  fresh.description,
  fresh.owner
FROM fresh
FULL JOIN event_registry AS stored ON stored.event_name = fresh.event_name
WHERE
  fresh.event_name IS NULL
  OR stored.event_name IS NULL
  OR fresh.status <> stored.status
  OR fresh.base_name <> stored.base_name
  OR fresh.version IS DISTINCT FROM stored.version
  OR fresh.similar_to IS DISTINCT FROM stored.similar_to
  OR fresh.first_seen <> stored.first_seen
  OR fresh.last_seen <> stored.last_seen
  OR fresh.events <> stored.events
  OR fresh.days <> stored.days
  OR fresh.properties <> stored.properties
  OR fresh.description IS DISTINCT FROM stored.description
  OR fresh.owner IS DISTINCT FROM stored.owner
