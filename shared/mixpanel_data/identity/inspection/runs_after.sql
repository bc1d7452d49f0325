-- Lists the runs of a job that started after @first_start, up to @last_start, with their parts.
-- One row per run, newest first, its parts behind it in order.
-- Reads job_runs from @first_start to @last_start only.
SELECT
  run_id,
  part,
  status,
  started_at,
  figures
FROM job_runs
WHERE job = @job AND started_at > @first_start AND started_at <= @last_start
ORDER BY started_at DESC, run_id DESC, part
