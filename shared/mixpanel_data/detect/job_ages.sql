-- Finds when the last successful run of each job began; of a job without one, when its first run did, so that a job that
-- never succeeds grows old too. One row per job that ran since @since. Reads job_runs, from @since on.
SELECT job, COALESCE(MAX(IF(status = 'ok', started_at, NULL)), MIN(started_at)) AS aged_from
FROM job_runs
WHERE part = 0 AND started_at >= @since
GROUP BY job
