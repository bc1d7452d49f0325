-- Lists the ids of a cluster at a moment, the eldest first, and since when each was in it; `in_all` counts them.
-- One row per id, at most @most.
-- Reads identity_members.
SELECT
  id,
  since,
  COUNT(*) OVER () AS in_all
FROM identity_members
WHERE
  cluster_id = @cluster_id
  AND since <= @moment
  AND (until IS NULL OR until > @moment)
ORDER BY age, id
LIMIT @most
