-- Stands in for region_ids where no stored link has to be judged anew.
-- No row.
-- Reads near_links. Materialised as region_ids.
SELECT id_a AS id
FROM near_links
WHERE FALSE
