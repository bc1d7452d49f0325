-- What the guards of all jobs say. One row per row of job_locks, rarely two of a job; none before the first run.
-- Reads job_locks.
SELECT job, n, project_id, events_table, zone, mixed_until, newest_seq, newest_seq_at
FROM job_locks
