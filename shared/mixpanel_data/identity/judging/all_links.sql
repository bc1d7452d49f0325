-- Takes all stored links, to judge them anew.
-- One row per link.
-- Reads identity_links. Materialised as near_links.
SELECT
  link_no,
  id_a,
  kind_a,
  id_b,
  kind_b,
  linked_at,
  status
FROM identity_links
