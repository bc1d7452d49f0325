-- The suspects whose properties equal the stored ones. Compares digests of the sorted JSON: a text can have a megabyte,
-- and an engine that compares texts holds many of them at once. Materialised as rewritten: one row per such change.
-- Reads changes, incoming, and mixpanel_events on @days, in [@first_day, @end_day), only; properties too, which is why
-- this runs only where there are suspects.
SELECT fresh.row_id
FROM (
  -- One row per suspect.
  SELECT changes.row_id, changes.event_id, TO_HEX(SHA256(TO_JSON_STRING(incoming.properties))) AS digest
  FROM incoming
  INNER JOIN changes ON changes.row_id = incoming.row_id
  WHERE changes.is_suspect
) AS fresh
INNER JOIN (
  -- One row per suspect.
  SELECT changes.row_id, TO_HEX(SHA256(TO_JSON_STRING(events.properties))) AS digest
  FROM mixpanel_events AS events
  INNER JOIN changes ON changes.event_id = events.event_id
  WHERE
    changes.is_suspect
    AND events.event_timestamp >= @first_day
    AND events.event_timestamp < @end_day
    AND DATE(events.event_timestamp) IN UNNEST(@days)
) AS stored ON stored.row_id = fresh.row_id
WHERE stored.digest = fresh.digest
