-- Finds the number of the newest link; 0 before the first.
-- One row.
-- Reads identity_links.
SELECT COALESCE(MAX(link_no), 0) AS link_no
FROM identity_links
