-- Gives the lease of a job to @holder until @held_until; fails if another run holds it at @now.
-- Writes job_locks, the rows of the job: all of them or none. A repeat by the same holder extends the lease.
UPDATE job_locks
SET
  holder = IF(
    holder IS NULL OR holder = @holder OR held_until <= @now,
    @holder,
    ERROR('lease held: another run of the job is at work')
  ),
  held_until = @held_until
WHERE job = @job
