-- Lists everything that is known of the properties of the event @name. One row per property and path.
-- Reads event_properties.
SELECT
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
  updated_at
FROM event_properties
WHERE event_name = @name
ORDER BY property, path
