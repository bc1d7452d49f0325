-- Takes all ids, to judge all links anew.
-- One row per id.
-- Reads near_links. Materialised as region_ids.
SELECT id_a AS id
FROM near_links
UNION DISTINCT
SELECT id_b AS id
FROM near_links
