-- Takes the region with the ids that are tied to it.
-- One row per id.
-- Reads wider_region. Materialised as region_ids.
SELECT id
FROM wider_region
