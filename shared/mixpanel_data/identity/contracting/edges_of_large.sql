-- Reads the edges of the clusters that are too large, in the order of arrival, with the sizes of their ends.
-- One row per edge.
-- Reads edges, merges and vertex_sizes.
WITH
  -- One row per edge: which cluster it ends up in.
  rooted AS (
    SELECT
      edges.link_no,
      edges.u,
      edges.v,
      COALESCE(merges.root, edges.u) AS root
    FROM edges
    LEFT JOIN merges ON merges.vertex = edges.u
  ),
  -- One row per vertex.
  vertices AS (
    SELECT u AS vertex, root
    FROM rooted
    UNION DISTINCT
    SELECT v AS vertex, root
    FROM rooted
  ),
  -- One row per cluster that is too large.
  too_large AS (
    SELECT vertices.root
    FROM vertices
    LEFT JOIN vertex_sizes AS sizes ON sizes.vertex = vertices.vertex
    GROUP BY vertices.root
    HAVING SUM(COALESCE(sizes.size, 1)) > @largest
  )
SELECT
  rooted.link_no,
  rooted.u,
  rooted.v,
  COALESCE(sizes_u.size, 1) AS u_size,
  COALESCE(sizes_v.size, 1) AS v_size
FROM rooted
LEFT JOIN vertex_sizes AS sizes_u ON sizes_u.vertex = rooted.u
LEFT JOIN vertex_sizes AS sizes_v ON sizes_v.vertex = rooted.v
WHERE rooted.root IN (SELECT too_large.root FROM too_large)
ORDER BY rooted.link_no
