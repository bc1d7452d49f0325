-- Lists properties by name, whichever events have them: those with one of @property_names, where any are given, that
-- were seen between @first and @last, UTC; where @is_narrowed, only those that one of @event_names (any event where
-- none is given) has with one of @statuses (any status where none is given). Those after the name @after; all where
-- @is_first.
-- One row per property, at most @most. Reads property_dictionary and event_properties.
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
  updated_at
FROM property_dictionary
WHERE (@is_first OR property > @after)
  AND (ARRAY_LENGTH(@property_names) = 0 OR property IN UNNEST(@property_names))
  AND last_seen >= @first
  AND first_seen < @last
  AND (
    NOT @is_narrowed
    OR property IN (
      -- One row per property, path and event.
      SELECT narrowed.property
      FROM event_properties AS narrowed
      WHERE (ARRAY_LENGTH(@event_names) = 0 OR narrowed.event_name IN UNNEST(@event_names))
        AND (ARRAY_LENGTH(@statuses) = 0 OR narrowed.status IN UNNEST(@statuses))
    )
  )
ORDER BY property
LIMIT @most
