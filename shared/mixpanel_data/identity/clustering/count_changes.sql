-- Counts the rows that a part changes, so that statements that would change nothing are left out.
-- One row; withdrawn counts the pairs of two ids to take out, kept_clusters the rows of current_identity_graph whose
-- cluster gains or loses ids and stays.
-- Reads part_links, settled, member_changes, affected_graph, fresh_graph, pair_changes, association_changes and
-- conflict_changes.
SELECT
  (SELECT COUNT(*) FROM part_links) AS links,
  (SELECT COUNTIF(old_status <> '' AND status <> old_status) FROM settled) AS statuses,
  members.closed AS closed_members,
  members.begun AS begun_members,
  graph.stored AS stored_clusters,
  graph.fresh AS fresh_clusters,
  graph.kept AS kept_clusters,
  pairs.gone AS gone_pairs,
  pairs.joined AS joined_pairs,
  pairs.withdrawn,
  associations.gone AS gone_associations,
  associations.made AS made_associations,
  conflicts.closed AS closed_conflicts,
  conflicts.updated AS updated_conflicts,
  conflicts.opened AS opened_conflicts
FROM (
  -- One row.
  SELECT COUNTIF(old_age IS NOT NULL) AS closed, COUNTIF(new_age IS NOT NULL) AS begun
  FROM member_changes
) AS members
CROSS JOIN (
  -- One row.
  SELECT
    COUNT(fresh_graph.cluster_id) AS fresh,
    COUNT(affected_graph.cluster_id) AS stored,
    COUNTIF(fresh_graph.cluster_id = affected_graph.cluster_id) AS kept
  FROM fresh_graph
  FULL JOIN affected_graph ON affected_graph.cluster_id = fresh_graph.cluster_id
) AS graph
CROSS JOIN (
  -- One row.
  SELECT
    COUNTIF(is_gone) AS gone,
    COUNTIF(NOT is_gone) AS joined,
    COUNTIF(is_gone AND is_pair) AS withdrawn
  FROM pair_changes
) AS pairs
CROSS JOIN (
  -- One row.
  SELECT COUNTIF(is_stored) AS gone, COUNTIF(user_id IS NOT NULL) AS made
  FROM association_changes
) AS associations
CROSS JOIN (
  -- One row.
  SELECT
    COUNTIF(change = 'close') AS closed,
    COUNTIF(change = 'update') AS updated,
    COUNTIF(change = 'insert') AS opened
  FROM conflict_changes
) AS conflicts
