-- Stores the rows of clusters that gained or lost ids.
-- One row per cluster.
-- Reads fresh_graph. Writes current_identity_graph; a repeat finds none.
INSERT INTO current_identity_graph (cluster_id, ids, size)
SELECT cluster_id, ids, size
FROM fresh_graph
