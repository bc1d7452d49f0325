-- The ids that moved enter their clusters. Reads moved_ids. Writes user_clusters.
INSERT INTO user_clusters (distinct_id, cluster_id)
SELECT distinct_id, wanted_cluster AS cluster_id
FROM moved_ids
WHERE wanted_cluster IS NOT NULL
