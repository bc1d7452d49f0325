-- The export calls that the collector has made since @since. Calls that led to a part count when the part was published,
-- the others when their run ended; a killed run takes the others with it.
-- One row. Reads job_runs.
SELECT COALESCE(SUM(calls), 0) AS calls
FROM job_runs
WHERE job = @job AND finished_at >= @since
