-- Finds the pairs to add and to take out. A pair is a link that joined two clusters; an id that is its whole cluster
-- has a row by itself, which goes when it is joined.
-- One row per link; is_gone for one to take out, and younger is NULL for an id by itself.
-- Reads forest, settled, link_ends, part_ids, merges and identity_permutations. Materialised as pair_changes.
WITH
  -- One row per vertex that joins another, or that others join.
  joined AS (
    SELECT vertex
    FROM merges
    UNION DISTINCT
    SELECT root AS vertex
    FROM merges
  ),
  -- One row per id that is its whole cluster: by its first link with itself.
  singles AS (
    SELECT settled.id_a AS id, MIN(settled.link_no) AS link_no
    FROM settled
    INNER JOIN part_ids ON part_ids.id = settled.id_a
    LEFT JOIN joined ON joined.vertex = part_ids.vertex
    WHERE
      settled.id_a = settled.id_b
      AND settled.status = 'linked'
      AND joined.vertex IS NULL
      AND (part_ids.is_in_region OR part_ids.cluster_age IS NULL)
    GROUP BY settled.id_a
  ),
  -- One row per link that has a row.
  wanted AS (
    SELECT
      settled.link_no,
      IF(ends.age_a < ends.age_b, settled.id_a, settled.id_b) AS elder,
      IF(ends.age_a < ends.age_b, settled.id_b, settled.id_a) AS younger,
      COALESCE(merges.root, ends.u) AS cluster_age,
      settled.linked_at
    FROM forest
    INNER JOIN settled ON settled.link_no = forest.link_no
    INNER JOIN link_ends AS ends ON ends.link_no = forest.link_no
    LEFT JOIN merges ON merges.vertex = ends.u
    UNION ALL
    SELECT
      singles.link_no,
      singles.id AS elder,
      CAST(NULL AS STRING) AS younger,
      part_ids.vertex AS cluster_age,
      settled.linked_at
    FROM singles
    INNER JOIN settled ON settled.link_no = singles.link_no
    INNER JOIN part_ids ON part_ids.id = singles.id
  ),
  -- One row per cluster, and per id, of the judged links: the id of that age.
  names AS (
    SELECT cluster_age AS age, MIN(cluster_id) AS id
    FROM part_ids
    WHERE cluster_age IS NOT NULL
    GROUP BY cluster_age
    UNION ALL
    SELECT age, id
    FROM part_ids
    WHERE COALESCE(cluster_age, -1) <> age AND (cluster_age IS NULL OR is_in_region)
  ),
  -- One row per stored row that the judged links may change: those of links that are judged anew, and of ids that were
  -- their whole cluster and are joined now.
  stored AS (
    SELECT pairs.link_no, ARRAY_LENGTH(pairs.ids) = 2 AS is_pair
    FROM identity_permutations AS pairs
    WHERE
      pairs.link_no IN (SELECT settled.link_no FROM settled WHERE settled.old_status <> '')
      OR (
        ARRAY_LENGTH(pairs.ids) = 1
        AND pairs.cluster_id IN (
          SELECT part_ids.cluster_id
          FROM part_ids
          INNER JOIN joined ON joined.vertex = part_ids.vertex
          WHERE part_ids.cluster_id IS NOT NULL AND NOT part_ids.is_in_region
        )
      )
  )
SELECT
  COALESCE(wanted.link_no, stored.link_no) AS link_no,
  wanted.link_no IS NULL AS is_gone,
  COALESCE(stored.is_pair, wanted.younger IS NOT NULL) AS is_pair,
  wanted.elder,
  wanted.younger,
  names.id AS cluster_id,
  wanted.linked_at
FROM wanted
FULL JOIN stored ON stored.link_no = wanted.link_no
LEFT JOIN names ON names.age = wanted.cluster_age
WHERE wanted.link_no IS NULL OR stored.link_no IS NULL
