-- The ids that moved leave their clusters. Reads moved_ids. Writes user_clusters.
DELETE FROM user_clusters
WHERE distinct_id IN (SELECT distinct_id FROM moved_ids)
