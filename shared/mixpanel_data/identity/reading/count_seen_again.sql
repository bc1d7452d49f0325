-- Counts the stored links whose times change.
-- One row.
-- Reads known_links.
SELECT COUNTIF(is_seen_again) AS links
FROM known_links
