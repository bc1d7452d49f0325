-- Finds the links of ids with other ids that are out, in order of arrival.
-- One row per link, at most @most.
-- Reads identity_links.
SELECT
  link_no,
  id_a,
  kind_a,
  id_b,
  kind_b,
  source,
  first_seen,
  status
FROM identity_links
WHERE
  status <> 'linked'
  AND id_a <> id_b
  AND (id_a IN UNNEST(@ids) OR id_b IN UNNEST(@ids))
ORDER BY link_no
LIMIT @most
