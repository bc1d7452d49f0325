-- Records what the run has judged, with its effect. Writes job_runs.
INSERT INTO job_runs (
  run_id, part, job, status, started_at, finished_at, window_from, window_to, arrivals_up_to, read_until, figures
)
SELECT
  @run_id, 1, @job, 'ok', @started_at, @finished_at, @window_from, @as_of, IF(@is_handled, @handled_seq, NULL),
  IF(@is_read, @read_until, NULL), PARSE_JSON(@figures)
FROM (SELECT 1)
