-- The figures of a published part. One row. Reads job_runs, the partition of @started_at.
SELECT figures
FROM job_runs
WHERE run_id = @run_id AND part = @part AND started_at = @started_at
