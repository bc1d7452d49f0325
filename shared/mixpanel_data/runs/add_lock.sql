-- Puts the job's row into job_locks where it is missing; two runs that do so at once leave two, which lock as one does.
-- Writes job_locks.
INSERT INTO job_locks (job, n)
SELECT @job, 0
FROM (SELECT 1)
WHERE NOT EXISTS (SELECT 1 FROM job_locks AS known WHERE known.job = @job)
