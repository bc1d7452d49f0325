-- Adds the new events: one row per event.
-- Reads changes and incoming. Writes mixpanel_events. The columns come from incoming and not from changes, so that the
-- join's hash table holds nothing but row ids.
INSERT INTO mixpanel_events (
  event_timestamp, inserted_at, event_name, properties, distinct_id, event_id, mp_processing_time_ms, read_at,
  contents_fingerprint, event_key
)
SELECT
  incoming.event_timestamp,
  @started_at AS inserted_at,
  incoming.event_name,
  incoming.properties,
  incoming.distinct_id,
  incoming.event_id,
  incoming.mp_processing_time_ms,
  @read_at AS read_at,
  incoming.contents_fingerprint,
  incoming.event_key
FROM incoming
INNER JOIN changes ON changes.row_id = incoming.row_id
WHERE changes.stored_timestamp IS NULL
