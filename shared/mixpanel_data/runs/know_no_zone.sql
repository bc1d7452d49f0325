-- Records that the runs of a job read no clock of events, so that the next one need not look for what version 0.1.0
-- left. Writes job_locks, the rows of the job; a repeat changes nothing.
UPDATE job_locks
SET zone = ''
WHERE job = @job AND zone IS NULL
