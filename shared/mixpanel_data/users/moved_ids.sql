-- The ids whose cluster is another than the one that the totals stand for; @is_by_cluster FALSE: no id has one.
-- NULL: none. Materialised as moved_ids, one row per id. Reads current_identity_graph and user_clusters.
SELECT
  COALESCE(wanted.distinct_id, applied.distinct_id) AS distinct_id,
  applied.cluster_id AS applied_cluster,
  wanted.cluster_id AS wanted_cluster
FROM (
  -- An id that stands in several clusters by mistake counts for one.
  SELECT distinct_id, MIN(graph.cluster_id) AS cluster_id
  FROM current_identity_graph AS graph
  CROSS JOIN UNNEST(graph.ids) AS distinct_id
  WHERE @is_by_cluster
  GROUP BY distinct_id
) AS wanted
FULL JOIN user_clusters AS applied ON applied.distinct_id = wanted.distinct_id
WHERE wanted.cluster_id IS DISTINCT FROM applied.cluster_id
