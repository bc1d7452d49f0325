-- Starts every transaction of a run: counts in the job's guard, so that of two transactions one fails and starts again,
-- and fails for good if another run has taken over the lease (@lease is '' for a run that holds none).
-- Writes job_locks, where add_lock.sql put the row when the run started.
UPDATE job_locks
SET
  n = n + 1,
  holder = IF(COALESCE(holder, '') = @lease, holder, ERROR('lease lost: another run has taken over'))
WHERE job = @job
