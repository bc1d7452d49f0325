-- What BigQuery billed for the runs that started since @since, by job. One row per job, the most expensive first.
-- A run that is at work, or died, counts with what its newest part says. Reads job_runs, from @since on.
SELECT job, CAST(SUM(bytes_billed) AS INT64) AS bytes_billed
FROM (
  -- One row per run.
  SELECT job, run_id, MAX(bytes_billed) AS bytes_billed
  FROM job_runs
  WHERE started_at >= @since
  GROUP BY job, run_id
) AS runs
WHERE bytes_billed > 0
GROUP BY job
ORDER BY bytes_billed DESC, job
