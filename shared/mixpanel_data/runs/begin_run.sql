-- Records that a run has begun. A repeat under the same run_id adds nothing.
-- Writes job_runs.
INSERT INTO job_runs (run_id, part, job, status, started_at, window_from, window_to, figures)
SELECT @run_id, 0, @job, 'running', @started_at, @window_from, @window_to, PARSE_JSON(@figures)
FROM (SELECT 1)
WHERE NOT EXISTS (
  SELECT 1 FROM job_runs AS known WHERE known.run_id = @run_id AND known.part = 0 AND known.started_at = @started_at
)
