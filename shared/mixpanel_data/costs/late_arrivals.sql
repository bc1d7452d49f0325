-- How many of the events that arrived in [@since, @until) happened on a day before, and how many stored ones changed.
-- One row. A run that reads arrivals leaves a watermark. What it brings was stored by Mixpanel from its watermark_from
-- on, or within two hours before it where it has none, so that events of an earlier day were late. Other runs bring
-- history, which arrives when somebody asks for it, and changes.
-- Reads event_arrivals and job_runs, that window's partitions only; changes nothing.
WITH runs AS (
  -- One row per run of the collector.
  SELECT
    run_id,
    COUNTIF(part > 0 AND watermark IS NOT NULL) > 0 AS is_arrival,
    MIN(COALESCE(watermark_from, TIMESTAMP_SUB(started_at, INTERVAL 2 HOUR))) AS stored_from
  FROM job_runs
  WHERE job = 'collector' AND started_at >= @since AND started_at < @until
  GROUP BY run_id
),
arrivals AS (
  -- One row per part, day and event name.
  SELECT
    DATE(changes.arrived_at) AS arrived_on,
    changes.day,
    changes.inserted,
    changes.updated,
    runs.is_arrival,
    runs.is_arrival AND changes.day < DATE(runs.stored_from) AS is_late
  FROM event_arrivals AS changes
  INNER JOIN runs ON runs.run_id = changes.run_id
  WHERE changes.arrived_at >= @since AND changes.arrived_at < @until
),
late_days AS (
  -- One row per day of arrival and earlier day of which events came.
  SELECT arrived_on, day
  FROM arrivals
  WHERE is_late AND inserted > 0
  GROUP BY arrived_on, day
)
SELECT
  COALESCE(SUM(IF(is_arrival, inserted, 0)), 0) AS arrived,
  COALESCE(SUM(IF(is_late, inserted, 0)), 0) AS late,
  COALESCE(SUM(updated), 0) AS updated,
  COUNT(DISTINCT IF(is_arrival, arrived_on, NULL)) AS days,
  (SELECT COUNT(*) FROM late_days) AS late_days
FROM arrivals
