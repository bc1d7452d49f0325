-- Takes the new links of one part.
-- One row per link.
-- Reads new_links. Materialised as part_links.
SELECT
  link_no,
  id_a,
  kind_a,
  id_b,
  kind_b,
  source,
  first_seen,
  last_seen
FROM new_links
WHERE link_no > @after_link AND link_no <= @up_to_link
