-- Records how a run ended; a run whose state was replaced meanwhile has read nothing of the new one.
-- Reads job_locks. Writes job_runs: the run's one row, in the partition of @started_at.
UPDATE job_runs
SET
  status = @status,
  finished_at = @finished_at,
  window_from = @window_from,
  window_to = @window_to,
  read_until = IF(
    EXISTS (
      SELECT 1
      FROM job_locks AS locks
      WHERE
        locks.job = @job
        AND (
          (@project_id <> '' AND locks.project_id <> @project_id)
          OR (@events_table <> '' AND locks.events_table <> @events_table)
        )
    ),
    NULL,
    NULLIF(@read_until, TIMESTAMP '0001-01-01 00:00:00+00')
  ),
  narrowed = @narrowed,
  calls = @calls,
  figures = PARSE_JSON(@figures),
  error = NULLIF(@error, '')
WHERE run_id = @run_id AND part = 0 AND started_at = @started_at
