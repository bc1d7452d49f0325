-- How many rows of a job still keep in figures what adopt_figures.sql moves into columns. Reads job_runs.
SELECT COUNT(*) AS row_count
FROM job_runs
WHERE
  job = @job
  AND request IS NULL
  AND watermark IS NULL
  AND (JSON_VALUE(figures, '$.request') IS NOT NULL OR JSON_VALUE(figures, '$.arrived_until_ms') IS NOT NULL)
