-- Adds the new events: one row per event_id.
-- Reads changes, incoming and unmarked. Writes mixpanel_events. The event ids come from incoming and not from changes,
-- so that the join's hash table holds nothing but row ids.
INSERT INTO mixpanel_events (
  event_timestamp, inserted_at, event_name, properties, distinct_id, event_id, mp_processing_time_ms, read_at,
  contents_fingerprint
)
SELECT
  incoming.event_timestamp,
  @started_at AS inserted_at,
  incoming.event_name,
  incoming.properties,
  incoming.distinct_id,
  COALESCE(incoming.event_id, unmarked.event_id) AS event_id,
  incoming.mp_processing_time_ms,
  @read_at AS read_at,
  incoming.contents_fingerprint
FROM incoming
INNER JOIN changes ON changes.row_id = incoming.row_id
LEFT JOIN unmarked ON unmarked.row_id = incoming.row_id
WHERE changes.stored_timestamp IS NULL
