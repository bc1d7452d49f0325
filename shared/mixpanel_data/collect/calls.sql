-- How many export calls the collector has made since @since: those that led to a part count when it was published, the
-- others when their run ended. A run that is killed keeps those that led to no part for itself.
-- One row. Reads job_runs.
SELECT
  COALESCE(SUM(CAST(
    IF(part = 0, JSON_VALUE(figures, '$.calls_without_part'), JSON_VALUE(figures, '$.calls')) AS INT64
  )), 0) AS calls
FROM job_runs
WHERE job = @job AND finished_at >= @since
