-- Confirms by their ids which of the candidates change mixpanel_events: new events, and events whose stored copy differs.
-- Materialised as changes, in the place of the candidates: one row per event. A new event has neither stored_timestamp
-- nor event_id, which incoming has. Events that share a key are told apart by their ids.
-- is_suspect: stored with the same time, id and processing time but another fingerprint, perhaps with the same contents
-- spelled differently.
-- Reads changes, incoming, and mixpanel_events on @days, in [@first_day, @end_day), only.
WITH
  -- One row per candidate.
  fresh AS (
    SELECT
      changes.row_id,
      changes.event_name,
      changes.event_timestamp,
      incoming.event_id,
      incoming.event_key,
      COALESCE(incoming.distinct_id, '') AS distinct_id,
      COALESCE(incoming.mp_processing_time_ms, -1) AS processing_ms,
      incoming.contents_fingerprint
    FROM changes
    INNER JOIN incoming ON incoming.row_id = changes.row_id
  ),
  -- One row per stored event. Rows that another writer inserted can lack the columns that only the collector fills.
  stored AS (
    SELECT
      event_key,
      event_id,
      event_timestamp,
      COALESCE(distinct_id, '') AS distinct_id,
      COALESCE(mp_processing_time_ms, -1) AS processing_ms,
      COALESCE(read_at, inserted_at) AS read_at,
      COALESCE(contents_fingerprint, 0) AS contents_fingerprint
    FROM mixpanel_events
    WHERE
      event_timestamp >= @first_day
      AND event_timestamp < @end_day
      AND DATE(event_timestamp) IN UNNEST(@days)
  )
-- New events, and events whose stored copy differs and is older, or is as old and was not read later.
SELECT
  fresh.row_id,
  stored.event_id,
  fresh.event_name,
  fresh.event_timestamp,
  stored.event_timestamp AS stored_timestamp,
  COALESCE(
    stored.event_timestamp = fresh.event_timestamp
    AND stored.processing_ms = fresh.processing_ms
    AND stored.distinct_id = fresh.distinct_id,
    FALSE
  ) AS is_suspect,
  CAST(NULL AS DATE) AS first_copy,
  CAST(NULL AS DATE) AS last_copy
FROM fresh
LEFT JOIN stored ON stored.event_key = fresh.event_key AND stored.event_id = fresh.event_id
WHERE
  stored.event_id IS NULL
  OR (
    (
      stored.processing_ms < fresh.processing_ms
      OR (stored.processing_ms = fresh.processing_ms AND stored.read_at <= @read_at)
    )
    AND (
      stored.event_timestamp <> fresh.event_timestamp
      OR stored.contents_fingerprint <> fresh.contents_fingerprint
    )
  )
