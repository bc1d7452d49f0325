-- Returns who holds the lease of a job, and whether the lease is still valid at @now.
-- Grain: one row per row of the job in job_locks, none before its first run. Reads job_locks.
SELECT
  holder,
  holder IS NOT NULL AND held_until > @now AS is_held
FROM job_locks
WHERE job = @job
