-- Records that a run has started: one row.
-- Writes job_runs and reads no table, so that BigQuery bills nothing. A repeat would add the row again: the name of its
-- transaction keeps it from that.
INSERT INTO job_runs (
  run_id, part, job, request, status, started_at, window_from, window_to, watermark_from, figures
)
SELECT
  @run_id AS run_id,
  0 AS part,
  @job AS job,
  @request AS request,
  'running' AS status,
  @started_at AS started_at,
  @window_from AS window_from,
  @window_to AS window_to,
  NULLIF(@watermark_from, TIMESTAMP '0001-01-01 00:00:00+00') AS watermark_from,
  PARSE_JSON(@figures) AS figures
FROM (SELECT 1)
