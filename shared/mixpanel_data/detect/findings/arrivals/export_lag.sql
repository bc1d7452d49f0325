-- Counts how long after Mixpanel stored an event an export still lacked it: events that a collection did not find though
-- it read up to a later time, by the minutes between the two. One row per number of minutes, NULL for the
-- events that no collection missed, with the newest time of storage. Those of the first collection do not count.
-- Only waits of at most @most_lag_ms count: events that came later came by a reading of history.
-- Reads mixpanel_events, of event times from @events_from on, and job_runs, from @runs_since on.
WITH
  -- One row per collection: the time up to which those before it had read.
  collections AS (
    SELECT
      started_at,
      MAX(read_until) OVER (ORDER BY started_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS read_before
    FROM (
      SELECT started_at, MAX(read_until) AS read_until
      FROM job_runs
      WHERE job = 'collector' AND status = 'ok' AND read_until IS NOT NULL AND started_at >= @runs_since
      GROUP BY started_at
    ) AS read
  )
SELECT
  IF(
    UNIX_MILLIS(collections.read_before) > events.mp_processing_time_ms,
    DIV(UNIX_MILLIS(collections.read_before) - events.mp_processing_time_ms, 60000),
    NULL
  ) AS minutes,
  COUNT(collections.read_before) AS events,
  MAX(events.mp_processing_time_ms) AS newest_ms
FROM mixpanel_events AS events
INNER JOIN collections ON collections.started_at = events.inserted_at
WHERE
  events.event_timestamp >= @events_from
  AND events.event_timestamp < @end
  AND events.mp_processing_time_ms >= UNIX_MILLIS(@start)
  AND UNIX_MILLIS(events.inserted_at) - events.mp_processing_time_ms <= @most_lag_ms
GROUP BY minutes
