-- Finds the stored links of the ids that the part links.
-- One row per link.
-- Reads part_links and identity_links. Materialised as near_links.
WITH
  -- One row per id of the part's links.
  ids AS (
    SELECT id_a AS id
    FROM part_links
    UNION DISTINCT
    SELECT id_b AS id
    FROM part_links
  )
SELECT
  links.link_no,
  links.id_a,
  links.kind_a,
  links.id_b,
  links.kind_b,
  links.linked_at,
  links.status
FROM identity_links AS links
WHERE links.id_a IN (SELECT ids.id FROM ids) OR links.id_b IN (SELECT ids.id FROM ids)
