-- Stores the rows of properties that are new or changed. One row per event name, property and path.
-- Reads property_changes. Writes event_properties, where delete_properties.sql left none of them.
INSERT INTO event_properties (
  event_name, property, path, status, type, types, events, share, null_share, first_seen, last_seen, cardinality,
  format, top_values, least, greatest, min_length, max_length, description, updated_at
)
SELECT
  event_name,
  property,
  path,
  status,
  type,
  types,
  events,
  share,
  null_share,
  first_seen,
  last_seen,
  cardinality,
  format,
  top_values,
  least,
  greatest,
  min_length,
  max_length,
  description,
  @started_at AS updated_at
FROM property_changes
WHERE NOT is_gone
