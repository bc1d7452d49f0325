-- Lists events by name: those with one of @statuses and one of @event_names, where any are given, that were seen between
-- @first and @last, UTC. Those after the name @after; all where @is_first. One row per event, at most @most.
-- Reads event_registry.
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
  updated_at
FROM event_registry
WHERE (@is_first OR event_name > @after)
  AND (ARRAY_LENGTH(@statuses) = 0 OR status IN UNNEST(@statuses))
  AND (ARRAY_LENGTH(@event_names) = 0 OR event_name IN UNNEST(@event_names))
  AND last_seen >= @first
  AND first_seen < @last
ORDER BY event_name
LIMIT @most
