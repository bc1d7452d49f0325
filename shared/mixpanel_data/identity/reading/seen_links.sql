-- Finds the stored links of all ids of the pairs that were found.
-- One row per link. Read once, because what follows needs them twice.
-- Reads candidates and identity_links. Materialised as seen_links.
WITH
  -- One row per end of a pair.
  ids AS (
    SELECT id_a AS id
    FROM candidates
    UNION DISTINCT
    SELECT id_b AS id
    FROM candidates
  )
SELECT
  links.link_no,
  links.id_a,
  links.kind_a,
  links.id_b,
  links.kind_b,
  links.source,
  links.linked_at,
  links.first_seen,
  links.last_seen,
  links.status
FROM identity_links AS links
WHERE links.id_a IN (SELECT ids.id FROM ids) OR links.id_b IN (SELECT ids.id FROM ids)
