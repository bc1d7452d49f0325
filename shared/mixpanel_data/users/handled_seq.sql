-- The last arrivals that this job has taken note of. One row; NULL before its first run. Reads job_runs.
SELECT MAX(arrivals_up_to) AS seq
FROM job_runs
WHERE job = @job AND part > 0
