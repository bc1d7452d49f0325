-- How many export calls the collector has made since @since, by the runs that have ended. One row.
-- Reads job_runs, from @since on.
SELECT COALESCE(SUM(CAST(JSON_VALUE(figures, '$.calls') AS INT64)), 0) AS calls
FROM job_runs
WHERE job = @job AND part = 0 AND started_at >= @since
