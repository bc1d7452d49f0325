-- Removes the rows of clusters that gained or lost ids.
-- One row per cluster.
-- Reads affected_graph. Writes current_identity_graph; a repeat finds none.
DELETE FROM current_identity_graph AS graph
WHERE graph.cluster_id IN (SELECT affected_graph.cluster_id FROM affected_graph)
