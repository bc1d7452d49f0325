-- Records that totals followed the clusters. Reads totals_changes. Writes job_runs.
INSERT INTO job_runs (run_id, part, job, status, started_at, finished_at, window_from, window_to, figures)
SELECT
  @run_id AS run_id,
  @part AS part,
  @job AS job,
  'ok' AS status,
  @started_at AS started_at,
  @finished_at AS finished_at,
  @window_from AS window_from,
  @window_to AS window_to,
  JSON_OBJECT('days', 0, 'users', 0, 'events', 0, 'skipped_values', 0, 'changed', COUNT(*)) AS figures
FROM totals_changes
