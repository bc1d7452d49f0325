-- Gives the state of every job to a project (NULL if @project_id is '') and an events table. Runs that began before
-- then find another state than theirs, and fail. In which time zones the events of this table were read is not known.
-- Writes job_locks, every row; a repeat changes the counter alone.
UPDATE job_locks
SET n = n + 1, project_id = NULLIF(@project_id, ''), events_table = @events_table, zone = NULL, mixed_until = NULL
WHERE TRUE
