-- Stands in for part_links where a run judges stored links alone.
-- No row.
-- Reads identity_links. Materialised as part_links.
SELECT
  link_no,
  id_a,
  kind_a,
  id_b,
  kind_b,
  source,
  first_seen,
  last_seen
FROM identity_links
WHERE FALSE
