-- Removes ids that moved from the clusters that they count for.
-- One row per distinct id.
-- Reads moved_ids. Writes user_clusters; a repeat finds none.
DELETE FROM user_clusters
WHERE distinct_id IN (SELECT distinct_id FROM moved_ids)
