-- Fails unless @run_id holds the job's lease still; being an UPDATE, it conflicts with a run that takes it meanwhile.
-- Writes job_leases.
UPDATE job_leases
SET holder = IF(holder = @run_id, holder, ERROR('lease lost: another run has taken over'))
WHERE job = @job
