-- Starts every transaction of a run: counts in the job's guard, so that of two transactions one fails and starts again,
-- and fails for good if another run has taken over the lease (@lease is '' for a run that holds none), or if the state
-- belongs to another project or events table. The first transaction that knows them (they are not '') records them.
-- Writes job_locks, where add_lock.sql put the row when the run started.
UPDATE job_locks
SET
  n = n + 1,
  holder = IF(COALESCE(holder, '') = @lease, holder, ERROR('lease lost: another run has taken over')),
  project_id = IF(
    @project_id IN ('', COALESCE(project_id, @project_id)),
    COALESCE(project_id, NULLIF(@project_id, '')),
    ERROR('state replaced: it now belongs to another Mixpanel project')
  ),
  events_table = IF(
    @events_table IN ('', COALESCE(events_table, @events_table)),
    COALESCE(events_table, NULLIF(@events_table, '')),
    ERROR('state replaced: it now belongs to another events table')
  )
WHERE job = @job
