-- Lists the open conflicts of a kind, or of every kind where @kind is '', the newest first; `in_all` counts them.
-- One row per conflict, at most @most.
-- Reads identity_conflicts.
SELECT
  kind,
  id,
  ids,
  links,
  since,
  message,
  COUNT(*) OVER () AS in_all
FROM identity_conflicts
WHERE until IS NULL AND @kind IN ('', kind)
ORDER BY since DESC, kind, id
LIMIT @most
