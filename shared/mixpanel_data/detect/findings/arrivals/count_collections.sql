-- Counts the collections that read everything. One row. Reads job_runs, from @runs_since on.
SELECT COUNT(DISTINCT started_at) AS collections
FROM job_runs
WHERE job = 'collector' AND status = 'ok' AND read_until IS NOT NULL AND started_at >= @runs_since
