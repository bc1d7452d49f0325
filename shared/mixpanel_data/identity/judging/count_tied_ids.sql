-- Counts the ids that are tied to the region.
-- One row.
-- Reads tied_ids.
SELECT COUNT(*) AS ids
FROM tied_ids
