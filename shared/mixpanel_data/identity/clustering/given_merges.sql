-- Takes the vertices that are not the eldest of their cluster, as Python found them: each a text of two numbers, the
-- vertex and the eldest.
-- One row per vertex.
-- Reads no table. Materialised as merges.
SELECT
  CAST(SUBSTR(merged, 1, STRPOS(merged, ' ') - 1) AS INT64) AS vertex,
  CAST(SUBSTR(merged, STRPOS(merged, ' ') + 1) AS INT64) AS root
FROM UNNEST(@merged) AS merged
