-- Finds the edges to contract: links that remain, between two vertices.
-- One row per link.
-- Reads judged and part_ids. Materialised as edges.
SELECT
  judged.link_no,
  ids_a.vertex AS u,
  ids_b.vertex AS v
FROM judged
INNER JOIN part_ids AS ids_a ON ids_a.id = judged.id_a
INNER JOIN part_ids AS ids_b ON ids_b.id = judged.id_b
WHERE judged.status = 'linked' AND ids_a.vertex <> ids_b.vertex
