-- Updates conflicts whose links changed.
-- One row per conflict.
-- Reads conflict_changes. Writes identity_conflicts; a repeat finds none.
UPDATE identity_conflicts AS conflicts
SET ids = changes.ids, links = changes.links, message = changes.message
FROM conflict_changes AS changes
WHERE
  changes.change = 'update'
  AND changes.kind = conflicts.kind
  AND changes.id = conflicts.id
  AND conflicts.until IS NULL
