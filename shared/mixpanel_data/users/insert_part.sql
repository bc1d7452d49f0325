-- Records days as done, with figures counted from what was staged and what changed.
-- Reads fresh_daily and totals_changes. Writes job_runs.
INSERT INTO job_runs (run_id, part, job, status, started_at, finished_at, window_from, window_to, figures)
SELECT
  @run_id AS run_id,
  @part AS part,
  @job AS job,
  'ok' AS status,
  @started_at AS started_at,
  @finished_at AS finished_at,
  @first_day AS window_from,
  @end_day AS window_to,
  JSON_OBJECT(
    'days', ARRAY_LENGTH(@days),
    'users', daily.users,
    'events', daily.events,
    'skipped_values', daily.skipped_values,
    'changed', totals.users
  ) AS figures
FROM (
  SELECT
    COUNT(DISTINCT distinct_id) AS users,
    COALESCE(SUM(events_processed), 0) AS events,
    COALESCE(SUM(_skipped_values), 0) AS skipped_values
  FROM fresh_daily
) AS daily
CROSS JOIN (SELECT COUNT(*) AS users FROM totals_changes) AS totals
