-- Removes the violations that changed, or that no event shows any longer.
-- One row per day, event name, property, path, rule and what it expects.
-- Writes schema_violations on the days from @first_day to @last_day, reads violation_changes; a repeat finds none.
DELETE FROM schema_violations AS stored
WHERE
  stored.day >= @first_day
  AND stored.day <= @last_day
  AND EXISTS (
    SELECT 1
    FROM violation_changes AS changes
    WHERE
      changes.day = stored.day
      AND changes.event_name = stored.event_name
      AND changes.path = stored.path
      AND changes.rule = stored.rule
      AND COALESCE(changes.property, '') = COALESCE(stored.property, '')
      AND (changes.property IS NULL) = (stored.property IS NULL)
      AND COALESCE(changes.expected, '') = COALESCE(stored.expected, '')
  )
