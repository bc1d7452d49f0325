-- Finds, among the ids that came to a cluster or left one after @up_to, those that are in another cluster of
-- identity_members than the one that they count for in user_insights. A cluster is NULL where an id counts for itself.
-- One row per distinct id that moved.
-- Reads identity_members, and user_clusters for these ids. Materialised as moved_ids; after the move a repeat finds
-- none.
SELECT
  graph.distinct_id,
  applied.cluster_id AS applied_cluster,
  graph.cluster_id AS current_cluster
FROM (
  -- One row per distinct id: should an id be in several clusters, it counts for the first of them.
  SELECT
    members.id AS distinct_id,
    MIN(IF(members.until IS NULL, members.cluster_id, NULL)) AS cluster_id
  FROM identity_members AS members
  WHERE members.id IN (
    SELECT changed.id
    FROM identity_members AS changed
    WHERE changed.since > @up_to OR changed.until > @up_to
  )
  GROUP BY members.id
) AS graph
LEFT JOIN user_clusters AS applied ON applied.distinct_id = graph.distinct_id
WHERE graph.cluster_id IS DISTINCT FROM applied.cluster_id
