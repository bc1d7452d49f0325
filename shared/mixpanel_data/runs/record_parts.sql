-- Records parts of a run as published, from a JSON object each, times in microseconds since 1970. One row per part.
-- Writes job_runs and reads no table, so that BigQuery bills nothing. A repeat would add the rows again: the name of
-- its transaction keeps it from that.
INSERT INTO job_runs (
  run_id, part, job, status, started_at, finished_at, window_from, window_to, arrivals_up_to, read_until, watermark,
  narrowed, calls, bytes_billed, figures
)
SELECT
  @run_id AS run_id,
  CAST(part AS INT64) AS part,
  @job AS job,
  'ok' AS status,
  @started_at AS started_at,
  TIMESTAMP_MICROS(CAST(finished_at AS INT64)) AS finished_at,
  TIMESTAMP_MICROS(CAST(window_from AS INT64)) AS window_from,
  TIMESTAMP_MICROS(CAST(window_to AS INT64)) AS window_to,
  CAST(arrivals_up_to AS INT64) AS arrivals_up_to,
  TIMESTAMP_MICROS(CAST(read_until AS INT64)) AS read_until,
  TIMESTAMP_MICROS(CAST(watermark AS INT64)) AS watermark,
  CAST(narrowed AS INT64) AS narrowed,
  CAST(calls AS INT64) AS calls,
  CAST(bytes_billed AS INT64) AS bytes_billed,
  PARSE_JSON(figures) AS figures
FROM (
  -- One row per part. Each value is taken out of its document once.
  SELECT
    JSON_VALUE(given, '$.part') AS part,
    JSON_VALUE(given, '$.finished_at') AS finished_at,
    JSON_VALUE(given, '$.window_from') AS window_from,
    JSON_VALUE(given, '$.window_to') AS window_to,
    JSON_VALUE(given, '$.arrivals_up_to') AS arrivals_up_to,
    JSON_VALUE(given, '$.read_until') AS read_until,
    JSON_VALUE(given, '$.watermark') AS watermark,
    JSON_VALUE(given, '$.narrowed') AS narrowed,
    JSON_VALUE(given, '$.calls') AS calls,
    JSON_VALUE(given, '$.bytes_billed') AS bytes_billed,
    JSON_VALUE(given, '$.figures') AS figures
  FROM UNNEST(@parts) AS given
)
