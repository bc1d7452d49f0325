-- Finds the ids that links tie to the region: a shared or oversized link may join its ids once other links are
-- gone. With such an id comes its whole cluster.
-- One row per id outside the region.
-- Reads region_ids, identity_links and identity_members. Materialised as tied_ids.
WITH
  -- One row per end outside the region.
  ends AS (
    SELECT links.id_b AS id
    FROM identity_links AS links
    WHERE
      links.status IN ('shared', 'too_large')
      AND links.id_a IN (SELECT region_ids.id FROM region_ids)
      AND links.id_b NOT IN (SELECT region_ids.id FROM region_ids)
    UNION DISTINCT
    SELECT links.id_a AS id
    FROM identity_links AS links
    WHERE
      links.status IN ('shared', 'too_large')
      AND links.id_b IN (SELECT region_ids.id FROM region_ids)
      AND links.id_a NOT IN (SELECT region_ids.id FROM region_ids)
  )
SELECT ends.id
FROM ends
UNION DISTINCT
SELECT members.id
FROM identity_members AS members
WHERE
  members.until IS NULL
  AND members.cluster_age IN (
    SELECT own.cluster_age
    FROM identity_members AS own
    WHERE own.until IS NULL AND own.id IN (SELECT ends.id FROM ends)
  )
