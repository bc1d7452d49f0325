-- Adds the job's guard where it is missing. Two runs that do so at once leave two rows, which guard as one does.
-- One row per job. Writes job_locks; a repeat changes nothing.
INSERT INTO job_locks (job, n)
SELECT @job, 0
FROM (SELECT 1)
WHERE NOT EXISTS (SELECT 1 FROM job_locks AS known WHERE known.job = @job)
