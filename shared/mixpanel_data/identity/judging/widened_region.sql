-- Makes the wider region the region: no relation can be made of itself under its own name.
-- One row per id.
-- Reads wider_region. Materialised as region_ids.
SELECT id
FROM wider_region
