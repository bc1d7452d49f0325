-- Counts the new links, and the stored ones whose times change.
-- One row.
-- Reads new_links and known_links.
SELECT
  (SELECT COUNT(*) FROM new_links) AS fresh,
  (SELECT COUNTIF(is_seen_again) FROM known_links) AS again
