-- Counts the events of [@start, @end) that Mixpanel had not stored yet when the collector first read past their minute:
-- for each minute that has some, its number after @start and their count, packed as in packed_minutes.sql. Collections
-- come at multiples of @every_ms since 1970. Events that are @most_age minutes late or later are no such events.
-- One row per event name: those of @names, or (not @names_are_wanted) all others.
-- Reads mixpanel_events, in [@start, @end) only.
SELECT
  event_name,
  STRING_AGG(
    CONCAT(CAST(TIMESTAMP_DIFF(minute, @start, MINUTE) AS STRING), ' ', CAST(events AS STRING)), ' ' ORDER BY minute
  ) AS packed
FROM (
  -- One row per event name and minute.
  SELECT event_name, minute, COUNT(*) AS events
  FROM (
    -- One row per event.
    SELECT
      event_name,
      TIMESTAMP_TRUNC(event_timestamp, MINUTE) AS minute,
      UNIX_MILLIS(TIMESTAMP_TRUNC(event_timestamp, MINUTE)) AS minute_ms,
      mp_processing_time_ms AS stored_ms
    FROM mixpanel_events
    WHERE
      event_timestamp >= @start
      AND event_timestamp < @end
      AND (event_name IN UNNEST(@names)) = @names_are_wanted
  ) AS stored
  WHERE
    stored_ms >= DIV(minute_ms + 60000 + @every_ms - 1, @every_ms) * @every_ms
    AND stored_ms < minute_ms + @most_age * 60000
  GROUP BY event_name, minute
) AS counted
GROUP BY event_name
