-- Takes the links that join two clusters, as Python found them.
-- One row per link.
-- Reads no table. Materialised as forest.
SELECT CAST(link_text AS INT64) AS link_no
FROM UNNEST(@joining) AS link_text
