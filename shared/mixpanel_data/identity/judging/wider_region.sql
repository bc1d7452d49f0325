-- Adds the tied ids to the region.
-- One row per id.
-- Reads region_ids and tied_ids. Materialised as wider_region.
SELECT id
FROM region_ids
UNION DISTINCT
SELECT id
FROM tied_ids
