-- Numbers the links that somebody adds, in the given order, after all stored ones.
-- One row per link.
-- Reads no table. Materialised as new_links.
SELECT
  @newest_link + CAST(JSON_VALUE(entry, '$.number') AS INT64) AS link_no,
  JSON_VALUE(entry, '$.a') AS id_a,
  'other' AS kind_a,
  JSON_VALUE(entry, '$.b') AS id_b,
  'other' AS kind_b,
  JSON_VALUE(entry, '$.source') AS source,
  CAST(JSON_VALUE(entry, '$.seen_at') AS TIMESTAMP) AS first_seen,
  CAST(JSON_VALUE(entry, '$.seen_at') AS TIMESTAMP) AS last_seen
FROM UNNEST(@given) AS entry
