-- Counts the stored links whose times change.
-- One row.
-- Reads seen_again.
SELECT COUNT(*) AS links
FROM seen_again
