-- Lists the first @most days and event names that are marked and due. Of today and later all are, in every run that
-- works; of yesterday those of a day that matters, and in the first run that ends well after @midnight all; of older days,
-- in that run only, those of a day that matters, and of others once the day is twice as old as when it was marked.
-- A day matters if it has no more than @small_day events, if 5% of them changed, if an event has a name that the registry
-- lacks, or if a unit is marked for another reason than its events. All are due as long as nothing was ever judged, and
-- while a run that marked days for it (takes_all) has not ended well.
-- One row per UTC day and event name, in their order.
-- Reads registry_pending, event_registry, registry_judged, event_observations of the days @marked_days, from @first_day to
-- @last_day only, and job_runs from @since on.
WITH
  -- One row: whether all units are due, and whether this is the first run after @midnight.
  states AS (
    SELECT
      NOT EXISTS (SELECT 1 FROM registry_judged)
      OR EXISTS (
        SELECT 1
        FROM job_runs AS parts
        INNER JOIN job_runs AS runs ON runs.run_id = parts.run_id AND runs.part = 0 AND runs.status <> 'ok'
        WHERE
          parts.started_at >= @since
          AND runs.started_at >= @since
          AND parts.job = @job
          AND parts.part > 0
          AND JSON_VALUE(parts.figures, '$.takes_all') = 'true'
          AND parts.started_at >= COALESCE(
            (
              SELECT MAX(done.started_at)
              FROM job_runs AS done
              WHERE done.started_at >= @since AND done.job = @job AND done.part = 0 AND done.status = 'ok'
            ),
            parts.started_at
          )
      ) AS takes_all,
      NOT EXISTS (
        SELECT 1
        FROM job_runs AS done
        WHERE
          done.started_at >= @since
          AND done.started_at >= @midnight
          AND done.job = @job
          AND done.part = 0
          AND done.status = 'ok'
      ) AS is_first
    FROM UNNEST([1]) AS one
  ),
  -- One row per UTC day that is marked.
  marked_days AS (
    SELECT
      pending.day,
      DATE(MIN(pending.marked_at)) AS marked_on,
      SUM(COALESCE(pending.changes, 0)) AS changes,
      LOGICAL_OR(pending.changes IS NULL OR registry.event_name IS NULL) AS is_told
    FROM registry_pending AS pending
    LEFT JOIN event_registry AS registry ON registry.event_name = pending.event_name
    GROUP BY pending.day
  ),
  -- One row per UTC day that is marked, with the events that were observed of it.
  sizes AS (
    SELECT day, SUM(events) AS events
    FROM event_observations
    WHERE day >= @first_day AND day <= @last_day AND day IN UNNEST(@marked_days) AND type = 'event'
    GROUP BY day
  ),
  -- One row per UTC day that is marked.
  days AS (
    SELECT
      marked.day,
      marked.marked_on,
      marked.is_told
      OR COALESCE(sizes.events, 0) + marked.changes <= @small_day
      OR marked.changes * 20 >= COALESCE(sizes.events, 0) AS matters
    FROM marked_days AS marked
    LEFT JOIN sizes ON sizes.day = marked.day
  )
SELECT DISTINCT
  pending.day,
  pending.event_name
FROM registry_pending AS pending
INNER JOIN days ON days.day = pending.day
CROSS JOIN states
WHERE
  states.takes_all
  OR pending.day > @yesterday
  OR (pending.day = @yesterday AND (states.is_first OR days.matters))
  OR (
    states.is_first
    AND (
      days.matters
      OR DATE_DIFF(DATE(@midnight), pending.day, DAY) >= 2 * DATE_DIFF(days.marked_on, pending.day, DAY)
    )
  )
ORDER BY pending.day, pending.event_name
LIMIT @most
