-- Counts the graph.
-- One row.
-- Reads current_identity_graph and identity_conflicts.
SELECT
  graph.clusters,
  graph.ids,
  graph.pairs,
  conflicts.conflicts
FROM (
  -- One row. A cluster of n ids has n - 1 pairs, and an id that is its whole cluster has a row by itself.
  SELECT
    COUNT(*) AS clusters,
    COALESCE(SUM(size), 0) AS ids,
    COALESCE(SUM(IF(size = 1, 1, size - 1)), 0) AS pairs
  FROM current_identity_graph
) AS graph
CROSS JOIN (
  -- One row.
  SELECT COUNT(*) AS conflicts
  FROM identity_conflicts
  WHERE until IS NULL
) AS conflicts
