-- Adds the observations that are new or other than they were stored.
-- One row per unit, property, path and type.
-- Reads observation_changes. Writes event_observations, after delete_observations.sql in the same transaction.
INSERT INTO event_observations (
  day, event_name, property, path, type, events, first_seen, last_seen, min_length, max_length, least, greatest, sampled,
  distinct_values, top_values
)
SELECT
  day,
  event_name,
  property,
  path,
  type,
  events,
  first_seen,
  last_seen,
  min_length,
  max_length,
  least,
  greatest,
  sampled,
  distinct_values,
  top_values
FROM observation_changes
WHERE is_fresh
