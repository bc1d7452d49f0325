-- Finds the two ids of each link that remains, by their ages and by their vertices, which `vertex` of part_ids explains:
-- what follows joins by numbers.
-- One row per link.
-- Reads judged_links and part_ids. Materialised as link_ends.
SELECT
  judged_links.link_no,
  ids_a.age AS age_a,
  ids_b.age AS age_b,
  ids_a.vertex AS u,
  ids_b.vertex AS v
FROM judged_links
INNER JOIN part_ids AS ids_a ON ids_a.id = judged_links.id_a
INNER JOIN part_ids AS ids_b ON ids_b.id = judged_links.id_b
WHERE judged_links.status = 'linked'
