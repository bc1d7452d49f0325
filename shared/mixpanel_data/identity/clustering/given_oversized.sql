-- Takes the links that would make a cluster too large, as Python found them.
-- One row per link.
-- Reads no table. Materialised as oversized.
SELECT CAST(link_text AS INT64) AS link_no
FROM UNNEST(@too_large) AS link_text
