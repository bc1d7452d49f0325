-- Finds the links between two ids.
-- One row per link.
-- Reads identity_links.
SELECT link_no, source, status
FROM identity_links
WHERE (id_a = @a AND id_b = @b) OR (id_a = @b AND id_b = @a)
