-- Counts the JSON types of a property in at most @most events that have it: numbers, and everything else but null.
-- One row.
-- Reads mixpanel_events in [@first_day, @end_day) only.
SELECT
  COUNTIF(json_type = 'number') AS numbers,
  COUNTIF(json_type NOT IN ('number', 'null')) AS others
FROM (
  -- One row per event that has the property.
  SELECT JSON_TYPE(properties[@property]) AS json_type
  FROM mixpanel_events
  WHERE
    event_timestamp >= @first_day
    AND event_timestamp < @end_day
    AND event_name = @event
    AND properties[@property] IS NOT NULL
  LIMIT @most
)
