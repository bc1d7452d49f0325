-- Gives the lease of a job to @holder until @held_until, unless another run holds it at @now.
-- Writes job_locks, the rows of the job; a repeat by the same holder extends the lease.
UPDATE job_locks
SET holder = @holder, held_until = @held_until
WHERE job = @job AND (holder IS NULL OR holder = @holder OR held_until <= @now)
