-- Counts the pairs of two ids to take out.
-- One row.
-- Reads pair_changes.
SELECT COUNTIF(is_gone AND is_pair) AS withdrawn
FROM pair_changes
