-- Finds the links that are out and would join the clusters of two ids; first those between the two ids themselves.
-- One row per link, at most @most. The cluster of an id that is in none is '', and then the id stands for it.
-- Reads identity_members and identity_links.
WITH
  -- One row per id on the first side.
  ids_a AS (
    SELECT @id_a AS id
    UNION DISTINCT
    SELECT members.id
    FROM identity_members AS members
    WHERE members.until IS NULL AND members.cluster_id = @cluster_a
  ),
  -- One row per id on the second side.
  ids_b AS (
    SELECT @id_b AS id
    UNION DISTINCT
    SELECT members.id
    FROM identity_members AS members
    WHERE members.until IS NULL AND members.cluster_id = @cluster_b
  )
SELECT
  links.link_no,
  links.id_a,
  links.kind_a,
  links.id_b,
  links.kind_b,
  links.source,
  links.first_seen,
  links.status
FROM identity_links AS links
WHERE
  links.status <> 'linked'
  AND (
    (links.id_a IN (SELECT ids_a.id FROM ids_a) AND links.id_b IN (SELECT ids_b.id FROM ids_b))
    OR (links.id_a IN (SELECT ids_b.id FROM ids_b) AND links.id_b IN (SELECT ids_a.id FROM ids_a))
  )
ORDER BY
  IF(links.id_a IN (@id_a, @id_b) AND links.id_b IN (@id_a, @id_b), 0, 1),
  links.link_no
LIMIT @most
