-- Opens new conflicts.
-- One row per conflict.
-- Reads conflict_changes. Writes identity_conflicts; a repeat finds none.
INSERT INTO identity_conflicts (kind, id, ids, links, since, message)
SELECT
  kind,
  id,
  ids,
  links,
  @finished_at AS since,
  message
FROM conflict_changes
WHERE change = 'insert'
