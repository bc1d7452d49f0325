-- Finds the members of all clusters that the part touches: those of the ids of judged links, and those of the region.
-- One row per id. Read once, because what follows needs them several times.
-- Reads judged_links, region_ids and identity_members. Materialised as near_members.
WITH
  -- One row per id that the part touches.
  ids AS (
    SELECT id_a AS id
    FROM judged_links
    UNION DISTINCT
    SELECT id_b AS id
    FROM judged_links
    UNION DISTINCT
    SELECT id
    FROM region_ids
  )
SELECT
  members.id,
  members.cluster_id,
  members.age,
  members.cluster_age
FROM identity_members AS members
WHERE
  members.until IS NULL
  AND members.cluster_age IN (
    SELECT own.cluster_age
    FROM identity_members AS own
    WHERE own.until IS NULL AND own.id IN (SELECT ids.id FROM ids)
  )
