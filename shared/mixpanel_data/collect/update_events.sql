-- Overwrites the events that a newer copy, a newly resolved id or a corrected time zone changes.
-- Reads changes and incoming. Writes mixpanel_events, on @stored_days, in [@stored_first, @stored_end), only.
UPDATE mixpanel_events AS events
SET
  event_timestamp = fresh.event_timestamp,
  properties = fresh.properties,
  distinct_id = fresh.distinct_id,
  mp_processing_time_ms = fresh.mp_processing_time_ms,
  read_at = @read_at,
  contents_fingerprint = fresh.contents_fingerprint
FROM (
  -- One row per event that changes.
  SELECT
    changes.event_id,
    incoming.event_timestamp,
    incoming.properties,
    incoming.distinct_id,
    incoming.mp_processing_time_ms,
    incoming.contents_fingerprint
  FROM changes
  INNER JOIN incoming ON incoming.row_id = changes.row_id
  WHERE changes.stored_timestamp IS NOT NULL
) AS fresh
WHERE
  events.event_id = fresh.event_id
  AND events.event_timestamp >= @stored_first
  AND events.event_timestamp < @stored_end
  AND DATE(events.event_timestamp) IN UNNEST(@stored_days)
