-- Counts the ids that are in another cluster than the one that they count for.
-- One row.
-- Reads moved_ids.
SELECT COUNT(*) AS ids
FROM moved_ids
