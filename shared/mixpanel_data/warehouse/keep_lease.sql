-- Fails if another run than @run_id holds the lease of the job. As an UPDATE it conflicts with a run that takes the
-- lease at the same time. Writes job_locks, the rows of the job, with the values that they have.
UPDATE job_locks
SET holder = IF(COALESCE(holder, @run_id) = @run_id, holder, ERROR('lease lost: another run has taken over'))
WHERE job = @job
