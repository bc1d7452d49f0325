-- Stands in for hubs where no kind of id has a limit.
-- No row.
-- Reads near_links. Materialised as hubs.
SELECT id_a AS id, 0 AS partners
FROM near_links
WHERE FALSE
