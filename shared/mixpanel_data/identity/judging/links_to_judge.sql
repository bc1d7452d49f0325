-- Finds the links to judge: those of the part, and the stored ones of the region.
-- One row per link; old_status is '' for a link that is not stored yet.
-- Reads part_links, region_ids and identity_links. Materialised as links_to_judge.
SELECT
  link_no,
  id_a,
  kind_a,
  id_b,
  kind_b,
  first_seen AS linked_at,
  '' AS old_status
FROM part_links
UNION ALL
SELECT
  links.link_no,
  links.id_a,
  links.kind_a,
  links.id_b,
  links.kind_b,
  links.linked_at,
  links.status AS old_status
FROM identity_links AS links
WHERE
  links.id_a IN (SELECT region_ids.id FROM region_ids)
  OR links.id_b IN (SELECT region_ids.id FROM region_ids)
