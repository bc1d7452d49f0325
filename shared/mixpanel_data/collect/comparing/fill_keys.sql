-- Gives stored events that have no key the key of their id, and the fingerprint of their name and properties: versions
-- without keys took it of the properties alone. A repeat changes no row.
-- Writes mixpanel_events, on @days, in [@first_day, @end_day), only.
UPDATE mixpanel_events
SET
  event_key = FARM_FINGERPRINT(event_id),
  contents_fingerprint = FARM_FINGERPRINT(CONCAT(event_name, CHR(31))) ^ FARM_FINGERPRINT(TO_JSON_STRING(properties))
WHERE
  event_key IS NULL
  AND event_timestamp >= @first_day
  AND event_timestamp < @end_day
  AND DATE(event_timestamp) IN UNNEST(@days)
