-- Starts the contraction: no link joins anything.
-- No row.
-- Reads edges. Materialised as forest_a.
SELECT link_no
FROM edges
WHERE FALSE
