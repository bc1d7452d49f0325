-- Finds the clusters that ids are in at a moment; a moment in the far future stands for now.
-- One row per id that was ever in a cluster or a link; cluster_id is NULL for an id that is in no cluster then.
-- Reads identity_members and identity_links.
WITH
  -- One row per id.
  known AS (
    SELECT past.id
    FROM identity_members AS past
    WHERE past.id IN UNNEST(@ids)
    UNION DISTINCT
    SELECT links.id_a AS id
    FROM identity_links AS links
    WHERE links.id_a IN UNNEST(@ids)
    UNION DISTINCT
    SELECT links.id_b AS id
    FROM identity_links AS links
    WHERE links.id_b IN UNNEST(@ids)
  )
SELECT
  known.id,
  members.cluster_id
FROM known
LEFT JOIN identity_members AS members
  ON
    members.id = known.id
    AND members.since <= @moment
    AND (members.until IS NULL OR members.until > @moment)
ORDER BY known.id
