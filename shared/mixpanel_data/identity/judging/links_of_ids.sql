-- Finds the stored links of @ids.
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
WHERE id_a IN UNNEST(@ids) OR id_b IN UNNEST(@ids)
