-- Finds how many ids the clusters of some ids have.
-- One row per id that is in a cluster.
-- Reads identity_members and current_identity_graph.
SELECT
  members.id,
  graph.size
FROM identity_members AS members
INNER JOIN current_identity_graph AS graph ON graph.cluster_id = members.cluster_id
WHERE members.until IS NULL AND members.id IN UNNEST(@ids)
ORDER BY members.id
