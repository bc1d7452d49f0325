-- Finds the number of the newest link, and whether all links join their ids.
-- One row.
-- Reads identity_links.
SELECT
  COALESCE(MAX(link_no), 0) AS link_no,
  COUNTIF(status <> 'linked') AS unlinked
FROM identity_links
