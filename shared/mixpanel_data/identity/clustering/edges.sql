-- Finds the edges to contract: the links that remain between two vertices.
-- One row per link; u and v are in no particular order.
-- Reads link_ends. Materialised as edges.
SELECT link_no, u, v
FROM link_ends
WHERE u <> v
