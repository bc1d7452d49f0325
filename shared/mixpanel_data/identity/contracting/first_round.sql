-- Takes the edges to contract, without the links that would make a cluster too large.
-- One row per two vertices: their least link.
-- Reads edges and oversized. Materialised as edges_a.
SELECT
  MIN(edges.link_no) AS link_no,
  LEAST(edges.u, edges.v) AS elder,
  GREATEST(edges.u, edges.v) AS younger
FROM edges
LEFT JOIN oversized ON oversized.link_no = edges.link_no
WHERE oversized.link_no IS NULL
GROUP BY elder, younger
