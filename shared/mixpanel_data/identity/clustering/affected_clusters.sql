-- Finds the clusters that gain or lose ids, by the age of their eldest id.
-- One row per cluster.
-- Reads member_changes. Materialised as affected_clusters.
SELECT old_age AS age
FROM member_changes
WHERE old_age IS NOT NULL
UNION DISTINCT
SELECT new_age AS age
FROM member_changes
WHERE new_age IS NOT NULL
