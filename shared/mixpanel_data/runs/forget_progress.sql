-- Forgets how far the runs of a job have read, so that its next run begins as the first one did. A repeat changes no row.
-- Writes job_runs.
UPDATE job_runs
SET read_until = NULL, watermark = NULL, watermark_from = NULL, narrowed = NULL
WHERE
  job = @job
  AND (read_until IS NOT NULL OR watermark IS NOT NULL OR watermark_from IS NOT NULL OR narrowed <> 0)
