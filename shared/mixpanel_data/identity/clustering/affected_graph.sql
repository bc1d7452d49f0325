-- Finds the rows of current_identity_graph that change or go.
-- One row per cluster.
-- Reads affected_clusters and near_members. Materialised as affected_graph.
SELECT DISTINCT members.cluster_id
FROM near_members AS members
INNER JOIN affected_clusters ON affected_clusters.age = members.cluster_age
