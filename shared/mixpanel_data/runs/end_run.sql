-- Records how a run ended. Writes job_runs: the run's one row, in the partition of @started_at.
UPDATE job_runs
SET
  status = @status,
  finished_at = @finished_at,
  read_until = IF(@status = 'ok' AND @has_read_all, LEAST(window_to, started_at), NULL),
  narrowed = @narrowed,
  calls = @calls,
  figures = PARSE_JSON(@figures),
  error = NULLIF(@error, '')
WHERE run_id = @run_id AND part = 0 AND started_at = @started_at
