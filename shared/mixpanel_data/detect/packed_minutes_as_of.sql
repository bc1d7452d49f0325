-- Counts of [@start, @end) by name as packed_minutes.sql gives them, of the events that were there as of @as_of: minutes that were
-- changed later are counted anew. One row per name. Reads event_minutes, and mixpanel_events of [@start, @end).
SELECT
  event_name,
  STRING_AGG(
    CONCAT(CAST(TIMESTAMP_DIFF(minute, @start, MINUTE) AS STRING), ' ', CAST(events AS STRING)), ' '
  ) AS packed
FROM (
  SELECT event_name, TIMESTAMP_TRUNC(event_timestamp, MINUTE) AS minute, COUNT(*) AS events
  FROM mixpanel_events
  WHERE
    event_timestamp >= @start
    AND event_timestamp < @end
    AND inserted_at <= @as_of
    AND (event_name IN UNNEST(@names)) = @names_are_wanted
  GROUP BY event_name, minute
) AS counted
GROUP BY event_name
