-- Counts the edges to contract.
-- One row.
-- Reads edges.
SELECT COUNT(*) AS edges
FROM edges
