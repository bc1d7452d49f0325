-- The suspects whose properties equal the stored ones. Compares digests of the sorted JSON: a text can have a megabyte,
-- and an engine that compares texts holds many of them at once. Materialised as rewritten: one row per such line.
-- Reads suspects, incoming, and mixpanel_events on @days, in [@first_day, @end_day), only; properties too, which is
-- why this runs only where there are suspects.
SELECT suspects.row_id, suspects.stored_fingerprint
FROM suspects
INNER JOIN (
  -- One row per suspect.
  SELECT incoming.row_id, TO_HEX(SHA256(TO_JSON_STRING(incoming.properties))) AS digest
  FROM incoming
  INNER JOIN suspects ON suspects.row_id = incoming.row_id
) AS fresh ON fresh.row_id = suspects.row_id
INNER JOIN (
  -- One row per suspect.
  SELECT suspects.row_id, TO_HEX(SHA256(TO_JSON_STRING(events.properties))) AS digest
  FROM mixpanel_events AS events
  INNER JOIN suspects ON suspects.event_id = events.event_id
  WHERE
    events.event_timestamp >= @first_day
    AND events.event_timestamp < @end_day
    AND DATE(events.event_timestamp) IN UNNEST(@days)
) AS stored ON stored.row_id = suspects.row_id
WHERE stored.digest = fresh.digest
