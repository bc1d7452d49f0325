-- Counts the rows of sources with an id that identifies nobody, and the pairs found.
-- One row.
-- Reads candidates.
SELECT
  COALESCE(SUM(ignored), 0) AS ignored,
  COUNT(id_a) AS pairs
FROM candidates
