-- Counts the new links.
-- One row.
-- Reads new_links.
SELECT COUNT(*) AS links
FROM new_links
