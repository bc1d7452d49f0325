-- Adds ids that moved to the clusters that they count for now.
-- One row per distinct id that is in a cluster.
-- Reads moved_ids. Writes user_clusters, after delete_clusters.sql in the same transaction.
INSERT INTO user_clusters (distinct_id, cluster_id)
SELECT
  distinct_id,
  current_cluster AS cluster_id
FROM moved_ids
WHERE current_cluster IS NOT NULL
