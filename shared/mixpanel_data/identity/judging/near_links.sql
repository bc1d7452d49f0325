-- Finds the stored links of the ids that the part links. A link that is linked matters only where partners are counted,
-- or between ids of two kinds, such as a device and its users.
-- One row per link.
-- Reads part_links and identity_links. Materialised as near_links.
WITH
  -- One row per end of the part's links.
  ids AS (
    SELECT id_a AS id
    FROM part_links
    UNION ALL
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
WHERE
  (@counts_partners OR links.status <> 'linked' OR links.kind_a <> links.kind_b)
  AND (links.id_a IN (SELECT ids.id FROM ids) OR links.id_b IN (SELECT ids.id FROM ids))
