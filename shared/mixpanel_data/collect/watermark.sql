-- Up to when the collector has read what Mixpanel stored: the newest watermark that a part left; NULL before the first.
-- Until then watermark_from has where the first run's reading started; NULL before the first run.
-- One row. Reads job_runs.
SELECT MAX(watermark) AS watermark, MIN(watermark_from) AS watermark_from
FROM job_runs
WHERE job = @job
