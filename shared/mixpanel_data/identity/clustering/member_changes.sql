-- Finds the ids whose cluster changes. The age of its eldest id identifies a cluster; NULL means none.
-- One row per id.
-- Reads part_ids, merges, link_ends, oversized and near_members. Materialised as member_changes.
WITH
  -- One row per id that a link keeps in a cluster.
  kept AS (
    SELECT ends.age_a AS age
    FROM link_ends AS ends
    LEFT JOIN oversized ON oversized.link_no = ends.link_no
    WHERE oversized.link_no IS NULL
    UNION DISTINCT
    SELECT ends.age_b AS age
    FROM link_ends AS ends
    LEFT JOIN oversized ON oversized.link_no = ends.link_no
    WHERE oversized.link_no IS NULL
  ),
  -- One row per id: of the judged links, and the other members of clusters that join an elder one.
  moves AS (
    SELECT
      part_ids.id,
      part_ids.age,
      part_ids.cluster_age AS old_age,
      IF(
        kept.age IS NOT NULL OR (part_ids.cluster_age IS NOT NULL AND NOT part_ids.is_in_region),
        COALESCE(merges.root, part_ids.vertex),
        NULL
      ) AS new_age
    FROM part_ids
    LEFT JOIN merges ON merges.vertex = part_ids.vertex
    LEFT JOIN kept ON kept.age = part_ids.age
    UNION ALL
    SELECT
      members.id,
      members.age,
      members.cluster_age AS old_age,
      merges.root AS new_age
    FROM near_members AS members
    INNER JOIN merges ON merges.vertex = members.cluster_age
    LEFT JOIN part_ids ON part_ids.age = members.age
    WHERE part_ids.age IS NULL
  ),
  -- One row per cluster that links of the part touch, and per id of theirs: the id of that age.
  names AS (
    SELECT cluster_age AS age, MIN(cluster_id) AS id
    FROM part_ids
    WHERE cluster_age IS NOT NULL
    GROUP BY cluster_age
    UNION ALL
    SELECT age, id
    FROM part_ids
    WHERE COALESCE(cluster_age, -1) <> age AND (cluster_age IS NULL OR is_in_region)
  )
SELECT
  moves.id,
  moves.age,
  moves.old_age,
  moves.new_age,
  names.id AS cluster_id
FROM moves
LEFT JOIN names ON names.age = moves.new_age
WHERE moves.old_age IS DISTINCT FROM moves.new_age
