-- Records how a run ended that has passed the guard not once, as end_run.sql does for the others: such a run can have
-- begun while the state was being replaced, and then its row lacks the mark. One that has read nothing counts nothing.
-- Reads job_locks. Writes job_runs: the run's one row, in the partition of @started_at.
UPDATE job_runs
SET
  status = IF(
    @counts AND EXISTS (
      SELECT 1
      FROM job_locks AS locks
      WHERE
        locks.job = @job
        AND (
          (@project_id <> '' AND locks.project_id <> @project_id)
          OR (@events_table <> '' AND locks.events_table <> @events_table)
        )
    ),
    ERROR('state replaced while the run was at work'),
    @status
  ),
  finished_at = @finished_at,
  window_from = @window_from,
  window_to = @window_to,
  read_until = NULLIF(@read_until, TIMESTAMP '0001-01-01 00:00:00+00'),
  narrowed = @narrowed,
  calls = @calls,
  bytes_billed = @bytes_billed,
  figures = PARSE_JSON(@figures),
  error = NULLIF(@error, '')
WHERE run_id = @run_id AND part = 0 AND started_at = @started_at
