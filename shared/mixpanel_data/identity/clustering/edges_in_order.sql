-- Reads the edges to contract, in the order of arrival.
-- One row per link.
-- Reads edges.
SELECT link_no, u, v
FROM edges
ORDER BY link_no
