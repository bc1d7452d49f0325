-- Starts every transaction of a run: counts in the job's guard, so that of two transactions one fails and starts again,
-- and fails for good if another run has taken over the lease (@lease is '' for a run that holds none), if the state
-- belongs to another project or events table, if a later run reads stored events in another time zone (@zone is '' for
-- a run that does not read them), or if another transaction has counted since the run compared (@published is -1 for a
-- run that has compared nothing). The first transaction that knows project and table (they are not '') records them.
-- Keeps the greatest seq of event_arrivals: @new_seq where the transaction adds it (else -1). A version that does not
-- keep it counts all the same, which then tells from newest_seq_at that it is not known.
-- Writes job_locks, where add_lock.sql put the row when the run started.
UPDATE job_locks
SET
  newest_seq = CASE WHEN @new_seq >= 0 THEN @new_seq WHEN newest_seq_at = n THEN newest_seq END,
  newest_seq_at = IF(@new_seq >= 0 OR COALESCE(newest_seq_at = n, FALSE), n + 1, NULL),
  n = IF(@published = -1 OR n <= @published, n + 1, ERROR('state moved: another run has published meanwhile')),
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
  ),
  zone = IF(
    @zone IN ('', COALESCE(zone, @zone)),
    zone,
    ERROR('state replaced: a later run reads its events in another time zone. Run this again')
  )
WHERE job = @job
