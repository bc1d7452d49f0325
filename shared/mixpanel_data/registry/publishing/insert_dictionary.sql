-- Stores the rows of properties that are new or changed. One row per property.
-- Reads dictionary_changes. Writes property_dictionary, where delete_dictionary.sql left none of them.
INSERT INTO property_dictionary (
  property, role, type, types, event_names, events, conflicts, similar_to, first_seen, last_seen, updated_at
)
SELECT
  property,
  role,
  type,
  types,
  event_names,
  events,
  conflicts,
  similar_to,
  first_seen,
  last_seen,
  @started_at AS updated_at
FROM dictionary_changes
WHERE NOT is_gone
