-- Adds the run of the collector that a trial's events came with: they are read up to @read_until. One row per part.
-- Writes job_runs of a dataset that holds nothing else.
INSERT INTO job_runs (run_id, part, job, status, started_at, finished_at, window_from, window_to, read_until)
SELECT
  'invented' AS run_id,
  part,
  'collector' AS job,
  'ok' AS status,
  @now AS started_at,
  @now AS finished_at,
  @history_from AS window_from,
  @read_until AS window_to,
  @read_until AS read_until
FROM UNNEST([0, 1]) AS part
