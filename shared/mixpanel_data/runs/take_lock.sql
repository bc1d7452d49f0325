-- Changes the row of this job in job_locks, so that of two publishing transactions one fails and starts again.
-- Writes job_locks; the engine puts a missing row there when it makes the table.
UPDATE job_locks SET n = n + 1 WHERE job = @job
