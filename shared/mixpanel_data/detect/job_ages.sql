-- When the newest good run of each job began; of one that had none, when its first run did, so that a job which never
-- succeeds grows old too. One row per job. Reads job_runs, from @since on.
SELECT job, COALESCE(MAX(IF(status = 'ok', started_at, NULL)), MIN(started_at)) AS aged_from
FROM job_runs
WHERE part = 0 AND started_at >= @since
GROUP BY job
