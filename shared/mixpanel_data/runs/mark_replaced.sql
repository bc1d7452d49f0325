-- Marks the runs at work, and those that died, when the state that they read is replaced: how far they have read counts
-- for nothing then. Writes job_runs; a repeat changes no row.
UPDATE job_runs
SET error = 'The state was replaced while this run was at work.'
WHERE part = 0 AND status = 'running' AND error IS NULL
