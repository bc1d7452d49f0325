-- Finds the ids that are in another cluster of the identity graph than the one that they count for in user_insights,
-- where identity_members is empty. A cluster is NULL where an id counts for itself.
-- One row per distinct id that moved.
-- Reads all of current_identity_graph and user_clusters. Materialised as moved_ids; after the move a repeat finds none.
SELECT
  COALESCE(graph.distinct_id, applied.distinct_id) AS distinct_id,
  applied.cluster_id AS applied_cluster,
  graph.cluster_id AS current_cluster
FROM (
  -- One row per distinct id: should several clusters list an id, it counts for the first of them.
  SELECT
    distinct_id,
    MIN(clusters.cluster_id) AS cluster_id
  FROM current_identity_graph AS clusters
  CROSS JOIN UNNEST(clusters.ids) AS distinct_id
  GROUP BY distinct_id
) AS graph
FULL JOIN user_clusters AS applied ON applied.distinct_id = graph.distinct_id
WHERE graph.cluster_id IS DISTINCT FROM applied.cluster_id
