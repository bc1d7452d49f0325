-- Finds all ids that count for a cluster, where each is to count for itself.
-- One row per distinct id, with the columns of moved_ids.sql.
-- Reads user_clusters. Materialised as moved_ids; after the move a repeat finds none.
SELECT
  distinct_id,
  cluster_id AS applied_cluster,
  CAST(NULL AS STRING) AS current_cluster
FROM user_clusters
