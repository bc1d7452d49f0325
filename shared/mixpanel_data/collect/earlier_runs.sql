-- What a reading of arrivals needs to know of the other runs since @since. One row.
-- started_at: when the first unfinished run over the same request started; NULL without one.
-- narrowed: the most steps by which refusals that were repeated narrowed a run after @narrowed_since; 0 without one.
-- Reads job_runs, from @since on.
SELECT
  MIN(IF(status <> 'ok' AND request = @request, started_at, NULL)) AS started_at,
  COALESCE(MAX(IF(started_at > @narrowed_since, narrowed, NULL)), 0) AS narrowed
FROM job_runs
WHERE job = @job AND part = 0 AND started_at >= @since AND run_id <> @run_id
