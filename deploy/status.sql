-- The newest @last runs of each job in the last 7 days: one row per run, newest first. Reads those days of job_runs.
SELECT
  job,
  FORMAT_TIMESTAMP('%F %T', started_at) AS started_utc,
  status,
  TIMESTAMP_DIFF(finished_at, started_at, SECOND) AS seconds,
  FORMAT_TIMESTAMP('%F %H:%M', window_from) AS window_from,
  FORMAT_TIMESTAMP('%F %H:%M', window_to) AS window_to,
  SUBSTR(error, 1, 200) AS error
FROM job_runs
WHERE part = 0 AND started_at >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 7 DAY)
QUALIFY ROW_NUMBER() OVER (PARTITION BY job ORDER BY started_at DESC, run_id) <= @last
ORDER BY job, started_utc DESC
