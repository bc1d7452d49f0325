-- Changes the row of this job in job_locks, so that of two publishing transactions one fails and starts again.
-- Writes job_locks, where add_lock.sql has put the row when the run began.
UPDATE job_locks SET n = n + 1 WHERE job = @job
