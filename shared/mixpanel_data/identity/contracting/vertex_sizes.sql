-- Finds the sizes of the clusters that edges touch, other than those that are judged anew; clustering/sizes.sql reads
-- the same for Python.
-- One row per cluster of two ids or more.
-- Reads part_ids and current_identity_graph. Materialised as vertex_sizes.
SELECT DISTINCT
  part_ids.vertex,
  graph.size
FROM part_ids
INNER JOIN current_identity_graph AS graph ON graph.cluster_id = part_ids.cluster_id
WHERE NOT part_ids.is_in_region AND graph.size > 1
