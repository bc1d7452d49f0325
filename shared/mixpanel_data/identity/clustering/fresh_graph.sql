-- Makes the new rows of the clusters that gain or lose ids, with their ids by age.
-- One row per cluster that has ids left.
-- Reads affected_clusters, near_members and member_changes. Materialised as fresh_graph.
SELECT
  members.cluster_id,
  ARRAY_AGG(members.id ORDER BY members.age) AS ids,
  COUNT(*) AS size
FROM (
  -- One row per id: those that stay, and those that come.
  SELECT near.id, near.age, near.cluster_id
  FROM near_members AS near
  INNER JOIN affected_clusters ON affected_clusters.age = near.cluster_age
  LEFT JOIN member_changes AS changes ON changes.age = near.age
  WHERE changes.age IS NULL
  UNION ALL
  SELECT changes.id, changes.age, changes.cluster_id
  FROM member_changes AS changes
  WHERE changes.new_age IS NOT NULL
) AS members
GROUP BY members.cluster_id
