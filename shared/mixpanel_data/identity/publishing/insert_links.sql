-- Stores the new links of a part with their status.
-- One row per link.
-- Reads part_links and settled. Writes identity_links; a repeat finds none.
INSERT INTO identity_links (
  link_no, id_a, kind_a, id_b, kind_b, source, linked_at, first_seen, last_seen, status
)
SELECT
  part_links.link_no,
  part_links.id_a,
  part_links.kind_a,
  part_links.id_b,
  part_links.kind_b,
  part_links.source,
  part_links.first_seen AS linked_at,
  part_links.first_seen,
  part_links.last_seen,
  settled.status
FROM part_links
INNER JOIN settled ON settled.link_no = part_links.link_no
