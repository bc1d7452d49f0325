-- Counts the events of [@start, @end) that were there as of @as_of, packed as in packed_minutes.sql: event_minutes has
-- only the counts of now, with late events that nobody could have seen then.
-- One row per event name: those of @names, or (not @names_are_wanted) all others.
-- Reads mixpanel_events, in [@start, @end) only.
SELECT
  event_name,
  STRING_AGG(
    CONCAT(CAST(TIMESTAMP_DIFF(minute, @start, MINUTE) AS STRING), ' ', CAST(events AS STRING)), ' ' ORDER BY minute
  ) AS packed
FROM (
  -- One row per event name and minute.
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
