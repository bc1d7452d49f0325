-- Lists the links of an id and of all ids of its cluster in order of arrival, whatever their status; `in_all` counts
-- them.
-- One row per link, at most @most.
-- Reads identity_members and identity_links.
WITH
  -- One row per id.
  ids AS (
    SELECT @id AS id
    UNION DISTINCT
    SELECT members.id
    FROM identity_members AS members
    WHERE members.until IS NULL AND members.cluster_id = @cluster_id
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
  links.status,
  COUNT(*) OVER () AS in_all
FROM identity_links AS links
WHERE links.id_a IN (SELECT ids.id FROM ids) OR links.id_b IN (SELECT ids.id FROM ids)
ORDER BY links.link_no
LIMIT @most
