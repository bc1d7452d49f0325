-- Tells a run of the detector where things stand, so that it can end at once where there is nothing to judge: when the
-- last successful run of each job began, and when its first run did; how far collector and detector have come as of
-- @as_of; and what the newest run that judged has left.
-- `judged`, `collected` and `registered` count, of runs from @counted_since on, what later runs may have to look at: rows
-- of runs of the detector that judged, and parts of the collector, as far as they had been published as of @as_of, and of
-- the registry; `…_since` count the same from where that newest run counted, without its own rows.
-- One row per job that ran since @since; all columns but the first three are the same in each.
-- Reads job_runs, from @since on.
WITH
  -- One row per run and part. A run that found nothing to judge counts for its age alone.
  entries AS (
    SELECT
      run_id,
      part,
      job,
      status,
      started_at,
      finished_at,
      window_to,
      arrivals_up_to,
      read_until,
      figures,
      job = 'detector' AND JSON_VALUE(figures, '$.is_idle') IS NULL AS is_judging,
      -- By a clock that is ahead they have yet to come, and no run sees their arrivals before.
      part > 0 AND job = 'collector' AND COALESCE(finished_at, started_at) <= @as_of AS is_collected,
      part > 0 AND job = 'registry-updater' AS is_registered
    FROM job_runs
    WHERE started_at >= @since
  ),
  -- One row per job.
  ages AS (
    SELECT job, MAX(IF(status = 'ok', started_at, NULL)) AS succeeded_at, MIN(started_at) AS first_at
    FROM entries
    WHERE part = 0
    GROUP BY job
  ),
  -- One row: the newest run that judged, or is about to; all NULL without one.
  newest AS (
    SELECT
      MAX(run_id) AS run_id,
      MAX(status) AS status,
      MAX(started_at) AS started_at,
      MAX(TO_JSON_STRING(JSON_QUERY(figures, '$.outlook'))) AS outlook,
      MAX(CAST(JSON_VALUE(figures, '$.outlook.counted_since') AS TIMESTAMP)) AS counted_since
    FROM (
      -- One row per run; the newest has place 1.
      SELECT
        run_id, status, started_at, figures, ROW_NUMBER() OVER (ORDER BY started_at DESC, run_id DESC) AS place
      FROM entries
      WHERE is_judging AND part = 0
    ) AS runs
    WHERE place = 1
  ),
  -- One row.
  reached AS (
    SELECT
      MAX(
        IF(
          job = 'collector' AND status = 'ok' AND COALESCE(finished_at, started_at) <= @as_of, read_until, NULL
        )
      ) AS read_until,
      MAX(
        IF(
          is_judging AND status = 'ok' AND window_to <= @as_of,
          COALESCE(arrivals_up_to, CAST(JSON_VALUE(figures, '$.outlook.handled_seq') AS INT64)),
          NULL
        )
      ) AS handled_seq,
      MAX(
        IF(
          is_judging AND status = 'ok' AND window_to <= @as_of,
          IF(part > 0, read_until, CAST(JSON_VALUE(figures, '$.outlook.read_until') AS TIMESTAMP)),
          NULL
        )
      ) AS judged_until,
      COUNTIF(is_judging AND started_at >= @counted_since) AS judged,
      COUNTIF(is_collected AND started_at >= @counted_since) AS collected,
      COUNTIF(is_registered AND started_at >= @counted_since) AS registered
    FROM entries
  ),
  -- One row.
  since AS (
    SELECT
      COUNTIF(entries.is_judging AND entries.run_id <> newest.run_id) AS judged,
      COUNTIF(entries.is_collected) AS collected,
      COUNTIF(entries.is_registered) AS registered
    FROM entries
    CROSS JOIN newest
    WHERE entries.started_at >= newest.counted_since
  )
SELECT
  ages.job,
  ages.succeeded_at,
  ages.first_at,
  reached.read_until,
  reached.handled_seq,
  reached.judged_until,
  reached.judged,
  reached.collected,
  reached.registered,
  newest.status,
  newest.started_at,
  newest.outlook,
  since.judged AS judged_since,
  since.collected AS collected_since,
  since.registered AS registered_since
FROM ages
CROSS JOIN reached
CROSS JOIN since
CROSS JOIN newest
