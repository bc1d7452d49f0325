-- Reads what a run needs to know of each name before it reads counts: its stored baseline, without the state where that
-- is not one of the @most_states with the most events, because a request holds no more; whether its past was collected,
-- or deleted, after the baseline had learned it (is_late); and the first event time that changed after the arrival
-- @handled_seq, with the greatest seq of its arrivals. A past changed if on some day at least @least_events events did,
-- and @least_share of what the name has on an average day.
-- One row per event name that has a baseline or changed.
-- Reads detector_baselines, which is as small as the list of names, and event_arrivals, those from @since on that were
-- there as of @as_of; of those from @late_since on, about events from @oldest on, it follows what is late.
WITH
  -- One row per event name.
  known AS (
    SELECT
      event_name,
      learned_until,
      state,
      first_event_at,
      last_event_at,
      COALESCE(events, 0) AS events,
      COALESCE(arrivals_up_to, 0) AS arrivals_up_to,
      ROW_NUMBER() OVER (ORDER BY COALESCE(events, 0) DESC, event_name) AS place
    FROM detector_baselines
  ),
  -- One row per arrival, day and event name.
  arrivals AS (
    SELECT
      seq,
      arrived_at,
      day,
      event_name,
      inserted + deleted AS events,
      first_event_timestamp,
      last_event_timestamp
    FROM event_arrivals
    WHERE arrived_at >= @since AND arrived_at <= @as_of
  ),
  -- One row per event name.
  changed AS (
    SELECT event_name, MIN(first_event_timestamp) AS changed_from, MAX(seq) AS seq
    FROM arrivals
    WHERE arrived_at >= @changed_since AND seq > @handled_seq
    GROUP BY event_name
  ),
  -- One row per event name.
  late AS (
    SELECT DISTINCT event_name
    FROM (
      -- One row per event name and day.
      SELECT arrivals.event_name
      FROM known
      INNER JOIN arrivals
        ON arrivals.event_name = known.event_name
        AND arrivals.seq > known.arrivals_up_to
        AND arrivals.last_event_timestamp < known.learned_until
      WHERE arrivals.arrived_at >= @late_since AND arrivals.first_event_timestamp >= @oldest
      GROUP BY arrivals.event_name, arrivals.day
      HAVING
        SUM(arrivals.events) >= @least_events
        AND SUM(arrivals.events) >= @least_share * MAX(
          SAFE_DIVIDE(
            known.events,
            GREATEST(
              TIMESTAMP_DIFF(known.learned_until, COALESCE(known.first_event_at, known.learned_until), HOUR) / 24.0, 1.0
            )
          )
        )
    ) AS days
  ),
  -- One row per event name.
  names AS (
    SELECT event_name FROM known
    UNION DISTINCT
    SELECT event_name FROM changed
  )
SELECT
  names.event_name,
  known.learned_until,
  IF(known.place <= @most_states, known.state, NULL) AS state,
  known.first_event_at,
  known.last_event_at,
  known.events,
  late.event_name IS NOT NULL AS is_late,
  changed.changed_from,
  changed.seq
FROM names
LEFT JOIN known ON known.event_name = names.event_name
LEFT JOIN changed ON changed.event_name = names.event_name
LEFT JOIN late ON late.event_name = names.event_name
