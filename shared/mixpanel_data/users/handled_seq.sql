-- Finds the last arrivals whose days were marked.
-- One row; NULL before the job's first run.
-- Reads job_runs.
SELECT MAX(arrivals_up_to) AS seq
FROM job_runs
WHERE job = @job AND part > 0
