-- Adds the job's row to job_locks where it is missing. Two runs that do so at once add a row each: the statements below
-- and the guard change both alike, so that two rows lock as one does.
-- Grain: one row per job, rarely two. Reads and writes job_locks; a repeat adds nothing.
INSERT INTO job_locks (job, n)
SELECT @job, 0
FROM (SELECT 1)
WHERE NOT EXISTS (SELECT 1 FROM job_locks AS known WHERE known.job = @job)
