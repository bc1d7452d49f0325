-- When the newest good run of each job began. One row per job. Reads job_runs, from @since on.
SELECT job, MAX(started_at) AS started_at
FROM job_runs
WHERE status = 'ok' AND part = 0 AND started_at >= @since
GROUP BY job
