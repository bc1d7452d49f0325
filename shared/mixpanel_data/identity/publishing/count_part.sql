-- Counts what a part did: new links, and rows of identity_permutations and current_identity_graph by what became
-- of them.
-- One row.
-- Reads part_links, pair_changes, affected_graph and fresh_graph. Creates part_figures, in the transaction that
-- publishes the part.
SELECT
  JSON_OBJECT(
    'links', links.links,
    'inserted', pairs.inserted,
    'deleted', pairs.deleted,
    'withdrawn', pairs.withdrawn,
    'graph_inserted', graph.fresh - graph.kept,
    'graph_updated', graph.kept,
    'graph_deleted', graph.stored - graph.kept
  ) AS figures
FROM (
  -- One row.
  SELECT COUNT(*) AS links
  FROM part_links
) AS links
CROSS JOIN (
  -- One row.
  SELECT
    COUNTIF(NOT is_gone) AS inserted,
    COUNTIF(is_gone) AS deleted,
    COUNTIF(is_gone AND is_pair) AS withdrawn
  FROM pair_changes
) AS pairs
CROSS JOIN (
  -- One row.
  SELECT
    COUNT(fresh_graph.cluster_id) AS fresh,
    COUNT(affected_graph.cluster_id) AS stored,
    COUNTIF(fresh_graph.cluster_id = affected_graph.cluster_id) AS kept
  FROM fresh_graph
  FULL JOIN affected_graph ON affected_graph.cluster_id = fresh_graph.cluster_id
) AS graph
