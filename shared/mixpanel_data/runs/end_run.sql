-- Records how a run ended. Fails if what the run has read shall count (@counts) and the state that it read was replaced
-- meanwhile, which mark_replaced.sql has left in the run's row.
-- Writes job_runs: the run's one row, in the partition of @started_at.
UPDATE job_runs
SET
  status = IF(@counts AND error IS NOT NULL, ERROR('state replaced while the run was at work'), @status),
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
