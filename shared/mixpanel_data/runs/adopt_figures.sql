-- Fills the columns that version 0.1.0 kept inside figures: request, watermark, watermark_from, narrowed and calls.
-- Changes the job's rows that have those figures and no such column yet; a repeat changes none.
-- Reads and writes job_runs.
UPDATE job_runs
SET
  request = COALESCE(JSON_VALUE(figures, '$.request'), ''),
  watermark = TIMESTAMP_MILLIS(NULLIF(CAST(JSON_VALUE(figures, '$.arrived_until_ms') AS INT64), 0)),
  watermark_from = TIMESTAMP_MILLIS(CAST(JSON_VALUE(figures, '$.arrived_from_ms') AS INT64)),
  narrowed = CAST(JSON_VALUE(figures, '$.narrowed') AS INT64),
  calls = CAST(
    IF(part = 0, JSON_VALUE(figures, '$.calls_without_part'), JSON_VALUE(figures, '$.calls')) AS INT64
  )
WHERE
  job = @job
  AND request IS NULL
  AND watermark IS NULL
  AND (JSON_VALUE(figures, '$.request') IS NOT NULL OR JSON_VALUE(figures, '$.arrived_until_ms') IS NOT NULL)
