-- Up to when the collector has read what arrived: the newest of its parts that leave a watermark; NULL before there is one.
-- Until then first_from_ms tells from when on the first run wanted what arrived; NULL before there was one.
-- One row. Reads job_runs.
SELECT
  MAX(IF(part > 0 AND status = 'ok', NULLIF(CAST(JSON_VALUE(figures, '$.arrived_until_ms') AS INT64), 0), NULL))
    AS arrived_until_ms,
  MIN(IF(part = 0, CAST(JSON_VALUE(figures, '$.arrived_from_ms') AS INT64), NULL)) AS first_from_ms
FROM job_runs
WHERE job = @job
