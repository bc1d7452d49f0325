-- Records a part as published, with its effect and the figures that a statement has counted: one row. Runs last in the
-- transaction. Reads part_figures. Writes job_runs.
INSERT INTO job_runs (
  run_id, part, job, status, started_at, finished_at, window_from, window_to, arrivals_up_to, read_until, watermark,
  narrowed, calls, bytes_billed, figures
)
SELECT
  @run_id AS run_id,
  @part AS part,
  @job AS job,
  'ok' AS status,
  @started_at AS started_at,
  @finished_at AS finished_at,
  @window_from AS window_from,
  @window_to AS window_to,
  NULLIF(@arrivals_up_to, -1) AS arrivals_up_to,
  NULLIF(@read_until, TIMESTAMP '0001-01-01 00:00:00+00') AS read_until,
  NULLIF(@watermark, TIMESTAMP '0001-01-01 00:00:00+00') AS watermark,
  @narrowed AS narrowed,
  @calls AS calls,
  @bytes_billed AS bytes_billed,
  figures
FROM part_figures
