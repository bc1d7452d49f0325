-- Finds when runs of a job started.
-- One row per run that there is.
-- Reads job_runs.
SELECT
  run_id,
  started_at
FROM job_runs
WHERE job = @job AND part = 0 AND run_id IN UNNEST(@run_ids)
