-- Removes the observations that are gone or about to be inserted anew.
-- One row per unit, property, path and type.
-- Reads observation_changes. Writes event_observations, from @first_day to @last_day only; a repeat finds none.
DELETE FROM event_observations AS stored
WHERE
  stored.day >= @first_day
  AND stored.day <= @last_day
  AND EXISTS (
    SELECT 1
    FROM observation_changes AS changes
    WHERE
      changes.is_stored
      AND changes.day = stored.day
      AND changes.event_name = stored.event_name
      AND COALESCE(changes.property, '') = COALESCE(stored.property, '')
      AND changes.path = stored.path
      AND changes.type = stored.type
  )
