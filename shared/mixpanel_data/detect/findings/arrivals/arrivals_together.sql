-- Tells whether events of the same minute are held back together: of the events of [@start, @end) that arrived before
-- @most_age minutes, for each day after @start and each class of ages, their number, the lower bound, the pairs
-- of events of a minute that have one event of that class, and the pairs whose later event is of it; packed into one
-- text. Classes, and what arrives when, are those of arrival_ages.sql.
-- One row per event name that has pairs.
-- Reads mixpanel_events, of event times in [@start, @end), and job_runs, from @runs_since on.
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
      events.event_timestamp >= @start
      AND events.event_timestamp < @end
      AND events.mp_processing_time_ms IS NOT NULL
  ),
  -- One row per event that arrived in time.
  aged AS (
    SELECT event_name, minute_ms, GREATEST(DIV(arrived_ms - minute_ms, 60000), 0) AS age
    FROM arrived
    WHERE arrived_ms - minute_ms < @most_age * 60000
  ),
  -- One row per event name, minute and class of ages.
  counted AS (
    SELECT
      event_name,
      minute_ms,
      age - MOD(age, CASE WHEN age < 60 THEN 1 WHEN age < 240 THEN 5 WHEN age < 720 THEN 15 ELSE 60 END) AS age_from,
      COUNT(*) AS events
    FROM aged
    GROUP BY event_name, minute_ms, age_from
  ),
  -- The same, with the events of the minute up to that class, and all of them.
  summed AS (
    SELECT
      event_name,
      minute_ms,
      age_from,
      events,
      SUM(events) OVER (PARTITION BY event_name, minute_ms ORDER BY age_from) AS up_to,
      SUM(events) OVER (PARTITION BY event_name, minute_ms) AS in_minute
    FROM counted
  )
SELECT
  event_name,
  STRING_AGG(
    CONCAT(
      CAST(part AS STRING), ' ', CAST(age_from AS STRING), ' ', CAST(one AS STRING), ' ', CAST(both AS STRING)
    ),
    ' '
  ) AS packed
FROM (
  -- One row per event name, day and class of ages.
  SELECT
    event_name,
    DIV(minute_ms - UNIX_MILLIS(@start), 86400000) AS part,
    age_from,
    SUM(events * (in_minute - 1)) AS one,
    SUM(up_to * (up_to - 1) - (up_to - events) * (up_to - events - 1)) AS both
  FROM summed
  WHERE in_minute > 1
  GROUP BY event_name, part, age_from
) AS paired
GROUP BY event_name
