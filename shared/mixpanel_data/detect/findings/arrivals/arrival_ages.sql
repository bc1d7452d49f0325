-- Counts the events that arrived in [@start, @end) by their age then, in minutes since their own minute began: for each
-- two hours before @end, their number, 0 for the last, an age and a count, packed into one text. Ages up to an hour go by
-- one minute, up to 4 hours by 5, up to 12 hours by 15, up to @most_age by 60, each named by its lower bound.
-- One row per event name.
-- An event arrived when Mixpanel stored it and @lag_ms later showed it to exports. If a collection that read up to a later
-- time did not find it, it arrived with the collection that inserted it, unless that is more than @most_lag_ms later and
-- so a reading of history.
-- Reads mixpanel_events, of event times in [@events_from, @end), and job_runs, from @runs_since on.
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
  ),
  -- One row per event.
  arrived AS (
    SELECT
      events.event_name,
      UNIX_MILLIS(TIMESTAMP_TRUNC(events.event_timestamp, MINUTE)) AS minute_ms,
      IF(
        UNIX_MILLIS(collections.read_before) > events.mp_processing_time_ms + @lag_ms
        AND UNIX_MILLIS(events.inserted_at) - events.mp_processing_time_ms <= @most_lag_ms,
        UNIX_MILLIS(events.inserted_at) - 1,
        LEAST(events.mp_processing_time_ms + @lag_ms, UNIX_MILLIS(events.inserted_at) - 1)
      ) AS arrived_ms
    FROM mixpanel_events AS events
    LEFT JOIN collections ON collections.started_at = events.inserted_at
    WHERE
      events.event_timestamp >= @events_from
      AND events.event_timestamp < @end
      AND events.mp_processing_time_ms IS NOT NULL
  ),
  -- One row per event that arrived in time; a device whose clock is ahead sends events of age 0.
  aged AS (
    SELECT
      event_name,
      DIV(UNIX_MILLIS(@end) - 1 - arrived_ms, 7200000) AS part,
      GREATEST(DIV(arrived_ms - minute_ms, 60000), 0) AS age
    FROM arrived
    WHERE
      arrived_ms >= UNIX_MILLIS(@start)
      AND arrived_ms < UNIX_MILLIS(@end)
      AND arrived_ms - minute_ms < @most_age * 60000
  )
SELECT
  event_name,
  STRING_AGG(
    CONCAT(CAST(part AS STRING), ' ', CAST(age_from AS STRING), ' ', CAST(events AS STRING)), ' '
  ) AS packed
FROM (
  -- One row per event name, two hours and class of ages.
  SELECT
    event_name,
    part,
    age - MOD(age, CASE WHEN age < 60 THEN 1 WHEN age < 240 THEN 5 WHEN age < 720 THEN 15 ELSE 60 END) AS age_from,
    COUNT(*) AS events
  FROM aged
  GROUP BY event_name, part, age_from
) AS counted
GROUP BY event_name
