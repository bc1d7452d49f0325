-- Records that a run has started. One row; a repeat under the same run_id adds none.
-- Writes job_runs.
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
WHERE NOT EXISTS (
  SELECT 1 FROM job_runs AS known WHERE known.run_id = @run_id AND known.part = 0 AND known.started_at = @started_at
)
