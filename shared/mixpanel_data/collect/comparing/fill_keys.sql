-- Gives stored events that have no key the key of their id. A repeat changes no row.
-- Writes mixpanel_events, on @days, in [@first_day, @end_day), only.
UPDATE mixpanel_events
SET event_key = FARM_FINGERPRINT(event_id)
WHERE
  event_key IS NULL
  AND event_timestamp >= @first_day
  AND event_timestamp < @end_day
  AND DATE(event_timestamp) IN UNNEST(@days)
