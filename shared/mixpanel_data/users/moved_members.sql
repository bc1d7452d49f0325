-- Finds the ids that are in another cluster of identity_members than the one that they count for in user_insights.
-- A cluster is NULL where an id counts for itself.
-- One row per distinct id that moved.
-- Reads all of identity_members and user_clusters. Materialised as moved_ids; after the move a repeat finds none.
SELECT
  COALESCE(graph.distinct_id, applied.distinct_id) AS distinct_id,
  applied.cluster_id AS applied_cluster,
  graph.cluster_id AS current_cluster
FROM (
  -- One row per distinct id: should an id be in several clusters, it counts for the first of them.
  SELECT
    id AS distinct_id,
    MIN(cluster_id) AS cluster_id
  FROM identity_members
  WHERE until IS NULL
  GROUP BY id
) AS graph
FULL JOIN user_clusters AS applied ON applied.distinct_id = graph.distinct_id
WHERE graph.cluster_id IS DISTINCT FROM applied.cluster_id
