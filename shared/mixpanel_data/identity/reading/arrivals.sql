-- Finds the newest of the arrivals since @since, the oldest, and how many publications there are: newest - oldest + 1
-- unless one of them began before @since, because no two publications have one seq, and none is left out.
-- One row; NULLs where there is none.
-- Reads event_arrivals since @since.
SELECT
  MAX(seq) AS newest_seq,
  MIN(seq) AS oldest_seq,
  COUNT(DISTINCT seq) AS publications
FROM event_arrivals
WHERE arrived_at >= @since
