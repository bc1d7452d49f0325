-- What BigQuery billed for the queries of our jobs that were created in [@since, @until).
-- One row per job and step. The row of a script has the sum of what its statements were billed; the statements have
-- rows of their own, which name the script as their parent and are left out.
-- Reads INFORMATION_SCHEMA.JOBS of the dataset's region, the days of the window only; changes nothing.
WITH queries AS (
  -- One row per query of ours.
  SELECT
    (SELECT ANY_VALUE(label.value) FROM UNNEST(jobs.labels) AS label WHERE label.key = 'job') AS job,
    (SELECT ANY_VALUE(label.value) FROM UNNEST(jobs.labels) AS label WHERE label.key = 'step') AS step,
    jobs.creation_time,
    jobs.total_bytes_billed,
    jobs.reservation_id
  FROM information_schema_jobs AS jobs
  WHERE jobs.creation_time >= @since AND jobs.creation_time < @until
    AND jobs.job_type = 'QUERY'
    AND jobs.parent_job_id IS NULL
    AND EXISTS (
      SELECT 1 FROM UNNEST(jobs.labels) AS label WHERE label.key = 'app' AND label.value = @app
    )
)
SELECT
  COALESCE(queries.job, '') AS job,
  COALESCE(queries.step, '') AS step,
  COUNT(*) AS query_count,
  COALESCE(SUM(queries.total_bytes_billed), 0) AS bytes_billed,
  COALESCE(SUM(IF(queries.reservation_id IS NULL, 0, queries.total_bytes_billed)), 0) AS reserved_bytes,
  MIN(queries.creation_time) AS first_at
FROM queries
GROUP BY job, step
