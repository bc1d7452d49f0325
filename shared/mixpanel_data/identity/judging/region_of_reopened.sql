-- Finds the ids whose links have to be judged anew: the ends of reopened links, and all ids of their clusters.
-- One row per id.
-- Reads reopened and identity_members. Materialised as region_ids.
WITH
  -- One row per end of a reopened link.
  ends AS (
    SELECT id_a AS id
    FROM reopened
    UNION DISTINCT
    SELECT id_b AS id
    FROM reopened
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
