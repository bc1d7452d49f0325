-- Up to when the collector has read what Mixpanel stored, as of @now: one row for each number of steps by which a
-- question was narrowed. watermark: the newest that a part left; asked_until: the event time up to which those parts
-- asked. NULL before the first. watermark_from: where the first run's reading started; NULL before it.
-- Reads job_runs.
SELECT
  narrowed,
  MAX(watermark) AS watermark,
  MAX(IF(watermark IS NOT NULL, window_to, NULL)) AS asked_until,
  MIN(watermark_from) AS watermark_from
FROM (
  -- One row per run and part.
  SELECT
    IF(part > 0, COALESCE(narrowed, 0), 0) AS narrowed,
    IF(watermark <= @now, watermark, NULL) AS watermark,
    window_to,
    watermark_from
  FROM job_runs
  WHERE job = @job
)
GROUP BY narrowed
