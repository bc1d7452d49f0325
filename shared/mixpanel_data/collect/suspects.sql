-- Lines of events stored with the same time, id and processing time but another fingerprint: perhaps the same contents
-- spelled differently. Materialised as suspects: one row per such line; usually none.
-- Reads incoming and unmarked, and narrow columns of mixpanel_events on @days, in [@first_day, @end_day), only.
SELECT incoming.row_id, stored.event_id, stored.contents_fingerprint AS stored_fingerprint
FROM incoming
LEFT JOIN unmarked ON unmarked.row_id = incoming.row_id
INNER JOIN (
  -- One row per stored event.
  SELECT event_id, event_timestamp, distinct_id, mp_processing_time_ms, contents_fingerprint
  FROM mixpanel_events
  WHERE
    event_timestamp >= @first_day
    AND event_timestamp < @end_day
    AND DATE(event_timestamp) IN UNNEST(@days)
) AS stored ON stored.event_id = COALESCE(incoming.event_id, unmarked.event_id)
WHERE
  incoming.is_wanted
  AND stored.event_timestamp = incoming.event_timestamp
  AND COALESCE(stored.distinct_id, '') = COALESCE(incoming.distinct_id, '')
  AND COALESCE(stored.mp_processing_time_ms, -1) = COALESCE(incoming.mp_processing_time_ms, -1)
  AND stored.contents_fingerprint <> incoming.contents_fingerprint
