-- Gives the events without an insert id their ids and keys. Materialised as incoming, in the place of the former one:
-- the same rows, without a change to any other.
-- Reads incoming and unmarked.
SELECT
  incoming.row_id,
  incoming.reason,
  incoming.rejected_line,
  incoming.is_wanted,
  incoming.is_known,
  incoming.event_name,
  incoming.event_timestamp,
  incoming.properties,
  incoming.distinct_id,
  COALESCE(incoming.event_id, unmarked.event_id) AS event_id,
  IF(unmarked.event_id IS NULL, incoming.event_key, FARM_FINGERPRINT(unmarked.event_id)) AS event_key,
  incoming.id_fingerprint,
  incoming.time_seconds,
  incoming.ingested_id,
  incoming.mp_processing_time_ms,
  incoming.contents_fingerprint
FROM incoming
LEFT JOIN unmarked ON unmarked.row_id = incoming.row_id
