-- Counts the edges to contract, which decides whether Python or the warehouse joins them.
-- One row.
-- Reads edges.
SELECT COUNT(*) AS edges
FROM edges
