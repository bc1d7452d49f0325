-- Those of the suspects whose properties are the same, compared as sorted JSON. Materialised as rewritten.
-- Reads suspects, incoming, and mixpanel_events on @days, in [@first_day, @end_day), only; properties too, which is
-- why this runs only where there are suspects.
SELECT suspects.row_id, suspects.stored_fingerprint
FROM suspects
INNER JOIN incoming ON incoming.row_id = suspects.row_id
INNER JOIN (
  SELECT event_id, properties
  FROM mixpanel_events
  WHERE
    event_timestamp >= @first_day
    AND event_timestamp < @end_day
    AND DATE(event_timestamp) IN UNNEST(@days)
) AS stored ON stored.event_id = suspects.event_id
WHERE TO_JSON_STRING(stored.properties) = TO_JSON_STRING(incoming.properties)
