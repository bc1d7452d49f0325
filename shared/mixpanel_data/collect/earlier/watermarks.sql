-- Up to when the collector has ever read what Mixpanel stored, as of @now: one row for each number of steps by which a
-- question was narrowed. watermark: the newest that a part left; long_watermark: the newest of a run with the long
-- overlap; asked_until: the event time up to which those parts asked. NULL before the first. watermark_from: where the
-- first run's reading started; NULL before it.
-- Reads job_runs, all of it: for a run that finds no watermark in the rows of the last days.
SELECT
  narrowed,
  MAX(watermark) AS watermark,
  MAX(IF(is_long, watermark, NULL)) AS long_watermark,
  MAX(IF(watermark IS NOT NULL, window_to, NULL)) AS asked_until,
  MIN(watermark_from) AS watermark_from
FROM (
  -- One row per run and part.
  SELECT
    IF(part > 0, COALESCE(narrowed, 0), 0) AS narrowed,
    IF(watermark <= @now, watermark, NULL) AS watermark,
    run_id IN (
      SELECT own.run_id
      FROM job_runs AS own
      WHERE
        own.job = @job
        AND own.part = 0
        AND own.watermark_from IS NOT NULL
        AND NOT REGEXP_CONTAINS(COALESCE(own.request, ''), r'^[^ ]* short/')
    ) AS is_long,
    window_to,
    watermark_from
  FROM job_runs
  WHERE job = @job
)
GROUP BY narrowed
