-- Finds the age and the present cluster of the ids whose cluster may change: those of links that remain, and those of
-- the region.
-- One row per id. An age is twice the number of the id's first link, plus one for the end listed second. vertex stands
-- for the id in the graph to contract: the age of its cluster, or its own where its cluster is judged anew or it is in
-- none.
-- Reads judged_links, near_links, region_ids and near_members. Materialised as part_ids.
WITH
  -- One row per id: its age by the links that are here. A member's age may come from an older one.
  ages AS (
    SELECT id, MIN(age) AS age, LOGICAL_OR(is_linked) AS is_linked
    FROM (
      -- One row per end of a link. Stored links that are not judged only tell the age; the ids of a linked one are
      -- members, whose age is stored.
      SELECT id_a AS id, 2 * link_no AS age, status = 'linked' AS is_linked
      FROM judged_links
      UNION ALL
      SELECT id_b AS id, 2 * link_no + 1 AS age, status = 'linked' AS is_linked
      FROM judged_links
      WHERE id_a <> id_b
      UNION ALL
      SELECT id_a AS id, 2 * link_no AS age, FALSE AS is_linked
      FROM near_links
      WHERE status <> 'linked'
      UNION ALL
      SELECT id_b AS id, 2 * link_no + 1 AS age, FALSE AS is_linked
      FROM near_links
      WHERE id_a <> id_b AND status <> 'linked'
    ) AS ends
    GROUP BY id
  )
SELECT
  ages.id,
  COALESCE(members.age, ages.age) AS age,
  members.cluster_id,
  members.cluster_age,
  region.id IS NOT NULL AS is_in_region,
  IF(region.id IS NULL, COALESCE(members.cluster_age, ages.age), COALESCE(members.age, ages.age)) AS vertex
FROM ages
LEFT JOIN near_members AS members ON members.id = ages.id
LEFT JOIN region_ids AS region ON region.id = ages.id
WHERE ages.is_linked OR region.id IS NOT NULL
