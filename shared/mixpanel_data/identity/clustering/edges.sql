-- Finds the edges to contract: the links that remain between two vertices, which `vertex` of part_ids explains.
-- One row per link; u and v are in no particular order.
-- Reads judged_links and part_ids. Materialised as edges.
SELECT
  judged_links.link_no,
  ids_a.vertex AS u,
  ids_b.vertex AS v
FROM judged_links
INNER JOIN part_ids AS ids_a ON ids_a.id = judged_links.id_a
INNER JOIN part_ids AS ids_b ON ids_b.id = judged_links.id_b
WHERE judged_links.status = 'linked' AND ids_a.vertex <> ids_b.vertex
