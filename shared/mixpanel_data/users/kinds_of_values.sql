-- What a property of events of a name is, of at most @most that have it: how many are a number, how many something else.
-- One row. Reads mixpanel_events in [@first_day, @end_day) only.
SELECT COUNTIF(kind = 'number') AS numbers, COUNTIF(kind NOT IN ('number', 'null')) AS others
FROM (
  SELECT JSON_TYPE(properties[@property]) AS kind
  FROM mixpanel_events
  WHERE
    event_timestamp >= @first_day
    AND event_timestamp < @end_day
    AND event_name = @event
    AND properties[@property] IS NOT NULL
  LIMIT @most
)
