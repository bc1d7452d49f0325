-- Finds the links that hold a cluster together, in order of arrival.
-- One row per link between two ids.
-- Reads identity_members and identity_links.
SELECT
  links.link_no,
  links.id_a,
  links.id_b,
  links.source,
  links.first_seen
FROM identity_links AS links
INNER JOIN identity_members AS members ON members.id = links.id_a
WHERE
  links.status = 'linked'
  AND links.id_a <> links.id_b
  AND members.until IS NULL
  AND members.cluster_id = @cluster_id
ORDER BY links.link_no
