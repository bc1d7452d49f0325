-- The newest run of each job in each status (ok, failed, running) since @since. One row per job and status, jobs in
-- order. Reads job_runs, from @since on.
SELECT job, status, started_at, finished_at, error
FROM (
  -- One row per run; the newest of its job and status has place 1.
  SELECT
    job,
    status,
    started_at,
    finished_at,
    error,
    ROW_NUMBER() OVER (PARTITION BY job, status ORDER BY started_at DESC, run_id DESC) AS place
  FROM job_runs
  WHERE part = 0 AND started_at >= @since
) AS runs
WHERE place = 1
ORDER BY job, status
