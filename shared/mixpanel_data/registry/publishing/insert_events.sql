-- Stores the rows of events that are new or changed. One row per event name.
-- Reads event_changes. Writes event_registry, where delete_events.sql left none of them.
INSERT INTO event_registry (
  event_name, status, base_name, version, similar_to, first_seen, last_seen, events, days, properties, description,
  owner, updated_at
)
SELECT
  event_name,
  status,
  base_name,
  version,
  similar_to,
  first_seen,
  last_seen,
  events,
  days,
  properties,
  description,
  owner,
  @started_at AS updated_at
FROM event_changes
WHERE NOT is_gone
