-- Starts the contraction: no vertex is merged.
-- No row.
-- Reads edges. Materialised as merges_a.
SELECT u AS vertex, u AS root
FROM edges
WHERE FALSE
