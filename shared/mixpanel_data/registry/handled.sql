-- Finds the last arrivals whose days and event names were marked, and when the run started that marked them.
-- One row; none before the job's first run with arrivals.
-- Reads job_runs.
SELECT arrivals_up_to, started_at
FROM job_runs
WHERE job = @job AND part > 0 AND arrivals_up_to IS NOT NULL
ORDER BY arrivals_up_to DESC, started_at
LIMIT 1
