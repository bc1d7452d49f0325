-- Records a run that has begun and ended well at once, because it found nothing to do: one row.
-- Writes job_runs and reads no table, so that BigQuery bills nothing. A repeat would add the row again: the name of its
-- transaction keeps it from that.
INSERT INTO job_runs (
  run_id, part, job, request, status, started_at, finished_at, window_from, window_to, watermark_from, read_until,
  narrowed, calls, bytes_billed, figures
)
SELECT
  @run_id AS run_id,
  0 AS part,
  @job AS job,
  @request AS request,
  'ok' AS status,
  @started_at AS started_at,
  @finished_at AS finished_at,
  @window_from AS window_from,
  @window_to AS window_to,
  NULLIF(@watermark_from, TIMESTAMP '0001-01-01 00:00:00+00') AS watermark_from,
  NULLIF(@read_until, TIMESTAMP '0001-01-01 00:00:00+00') AS read_until,
  @narrowed AS narrowed,
  @calls AS calls,
  @bytes_billed AS bytes_billed,
  PARSE_JSON(@figures) AS figures
FROM (SELECT 1)
