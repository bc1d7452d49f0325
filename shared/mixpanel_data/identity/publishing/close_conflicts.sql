-- Closes conflicts that are over.
-- One row per conflict.
-- Reads conflict_changes. Writes identity_conflicts; a repeat finds none.
UPDATE identity_conflicts AS conflicts
SET until = @finished_at
FROM conflict_changes AS changes
WHERE
  changes.change = 'close'
  AND changes.kind = conflicts.kind
  AND changes.id = conflicts.id
  AND conflicts.until IS NULL
