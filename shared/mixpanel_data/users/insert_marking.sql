-- Records that days were marked, and the arrivals that they were marked by. Writes job_runs.
INSERT INTO job_runs (
  run_id, part, job, status, started_at, finished_at, window_from, window_to, arrivals_up_to, figures
)
SELECT
  @run_id, @part, @job, 'ok', @started_at, @finished_at, @window_from, @window_to, @newest_seq, PARSE_JSON(@figures)
FROM (SELECT 1)
