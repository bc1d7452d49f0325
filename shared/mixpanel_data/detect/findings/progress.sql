-- Finds the event time up to which collections had read as of @as_of. One row; NULL where there was none.
-- Reads job_runs, from @since on.
SELECT MAX(read_until) AS read_until
FROM job_runs
WHERE
  job = 'collector'
  AND status = 'ok'
  AND COALESCE(finished_at, started_at) <= @as_of
  AND started_at >= @since
