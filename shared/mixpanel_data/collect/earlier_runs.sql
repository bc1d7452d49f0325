-- What the other runs of late tell a reading of arrivals. One row.
-- begun_at: when the first of the unfinished runs over the same request began; NULL if there is none.
-- narrowed: the narrowest question that one came to because Mixpanel refused the wider ones; 0 if none did.
-- Reads job_runs, from @since on.
SELECT
  MIN(IF(status <> 'ok' AND JSON_VALUE(figures, '$.request') = @request, started_at, NULL)) AS begun_at,
  COALESCE(MAX(CAST(JSON_VALUE(figures, '$.narrowed') AS INT64)), 0) AS narrowed
FROM job_runs
WHERE job = @job AND part = 0 AND started_at >= @since AND run_id <> @run_id
