-- Finds the baselines whose past was collected, or deleted, after they had learned it: on some day at least @least_events
-- events changed, and @least_share of what the name has on an average day. One row per event name.
-- Reads detector_baselines, and event_arrivals, those from @since on that were there as of @as_of, about events from
-- @oldest on.
SELECT DISTINCT event_name
FROM (
  -- One row per event name and day.
  SELECT arrivals.event_name
  FROM detector_baselines AS known
  INNER JOIN event_arrivals AS arrivals
    ON arrivals.event_name = known.event_name
    AND arrivals.seq > COALESCE(known.arrivals_up_to, 0)
    AND arrivals.last_event_timestamp < known.learned_until
  WHERE
    arrivals.arrived_at >= @since
    AND arrivals.arrived_at <= @as_of
    AND arrivals.first_event_timestamp >= @oldest
  GROUP BY arrivals.event_name, arrivals.day
  HAVING
    SUM(arrivals.inserted + arrivals.deleted) >= @least_events
    AND SUM(arrivals.inserted + arrivals.deleted) >= @least_share * MAX(
      SAFE_DIVIDE(
        COALESCE(known.events, 0),
        GREATEST(TIMESTAMP_DIFF(known.learned_until, COALESCE(known.first_event_at, known.learned_until), HOUR) / 24.0, 1.0)
      )
    )
) AS changed
