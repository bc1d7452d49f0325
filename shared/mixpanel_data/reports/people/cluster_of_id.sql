-- The cluster that an id is in, with all ids of the cluster: one row, or none.
SELECT cluster_id, ids
FROM current_identity_graph
WHERE @identity IN UNNEST(ids)
