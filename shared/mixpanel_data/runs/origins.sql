-- The projects and events tables that the state of the jobs belongs to. One row for each that differs; none before the
-- first publication. Reads job_locks.
SELECT DISTINCT project_id, events_table
FROM job_locks
WHERE project_id IS NOT NULL OR events_table IS NOT NULL
