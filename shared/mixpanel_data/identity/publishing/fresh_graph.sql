-- Makes the new rows of the clusters that gained or lost ids, with their ids by age.
-- One row per cluster that has ids left.
-- Reads affected_clusters and identity_members. Creates fresh_graph, in the transaction that changed the members.
SELECT
  members.cluster_id,
  ARRAY_AGG(members.id ORDER BY members.age) AS ids,
  COUNT(*) AS size
FROM identity_members AS members
INNER JOIN affected_clusters ON affected_clusters.age = members.cluster_age
WHERE members.until IS NULL
GROUP BY members.cluster_id
