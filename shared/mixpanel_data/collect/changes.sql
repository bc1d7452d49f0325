-- Finds the rows of incoming that change mixpanel_events: new events, and events stored with different contents.
-- Materialised as changes: one row per event_id; stored_timestamp is NULL for a new event.
-- Among copies of an event the newest mp_processing_time_ms wins, then the greater distinct_id, then the greater JSON.
-- Only narrow columns take part in the joins and the sort: wide lines would take several times as long.
-- Reads incoming, unmarked and rewritten, and mixpanel_events on @days, in [@first_day, @end_day), only.
WITH
  -- One row per wanted line.
  copies AS (
    SELECT
      incoming.row_id,
      COALESCE(incoming.event_id, unmarked.event_id) AS event_id,
      incoming.event_name,
      incoming.event_timestamp,
      incoming.distinct_id,
      COALESCE(incoming.mp_processing_time_ms, -1) AS processing_ms,
      incoming.contents_fingerprint
    FROM incoming
    LEFT JOIN unmarked ON unmarked.row_id = incoming.row_id
    WHERE incoming.is_wanted
  ),
  -- One row per copy of an event that arrived more than once: usually few.
  rivals AS (
    SELECT copies.*
    FROM copies
    INNER JOIN (
      SELECT event_id
      FROM copies
      GROUP BY event_id
      HAVING COUNT(*) > 1
    ) AS repeated ON repeated.event_id = copies.event_id
  ),
  -- One row per event_id, processing time and distinct_id with different contents; usually none.
  tied AS (
    SELECT event_id, processing_ms, COALESCE(distinct_id, '') AS distinct_id
    FROM rivals
    GROUP BY event_id, processing_ms, COALESCE(distinct_id, '')
    HAVING MIN(contents_fingerprint) <> MAX(contents_fingerprint)
  ),
  -- One row per tied copy.
  tied_contents AS (
    SELECT rivals.row_id, TO_JSON_STRING(incoming.properties) AS content
    FROM tied
    INNER JOIN rivals
      ON rivals.event_id = tied.event_id
      AND rivals.processing_ms = tied.processing_ms
      AND COALESCE(rivals.distinct_id, '') = tied.distinct_id
    INNER JOIN incoming ON incoming.row_id = rivals.row_id
  ),
  -- One row per copy that loses.
  losers AS (
    SELECT rivals.row_id
    FROM rivals
    LEFT JOIN tied_contents ON tied_contents.row_id = rivals.row_id
    WHERE TRUE
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY rivals.event_id
      ORDER BY rivals.processing_ms DESC, rivals.distinct_id DESC, tied_contents.content DESC
    ) > 1
  ),
  -- One row per event_id: the copy that wins.
  winners AS (
    SELECT copies.*
    FROM copies
    LEFT JOIN losers ON losers.row_id = copies.row_id
    WHERE losers.row_id IS NULL
  ),
  -- One row per stored event. Rows that another writer inserted can lack the columns that only the collector fills.
  stored AS (
    SELECT
      event_id,
      event_timestamp,
      distinct_id,
      COALESCE(mp_processing_time_ms, -1) AS processing_ms,
      COALESCE(read_at, inserted_at) AS read_at,
      COALESCE(contents_fingerprint, 0) AS contents_fingerprint
    FROM mixpanel_events
    WHERE
      event_timestamp >= @first_day
      AND event_timestamp < @end_day
      AND DATE(event_timestamp) IN UNNEST(@days)
  ),
  -- One row per line that differs from the stored event in its spelling alone.
  unchanged AS (
    SELECT row_id, stored_fingerprint
    FROM rewritten
  )
-- New events, and events whose stored copy differs and is older, or is as old and was not read later.
SELECT
  winners.row_id,
  winners.event_id,
  winners.event_name,
  winners.event_timestamp,
  stored.event_timestamp AS stored_timestamp
FROM winners
LEFT JOIN stored ON stored.event_id = winners.event_id
LEFT JOIN unchanged
  ON unchanged.row_id = winners.row_id
  AND unchanged.stored_fingerprint = stored.contents_fingerprint
WHERE
  stored.event_id IS NULL
  OR (
    (
      stored.processing_ms < winners.processing_ms
      OR (stored.processing_ms = winners.processing_ms AND stored.read_at <= @read_at)
    )
    AND (
      stored.event_timestamp <> winners.event_timestamp
      OR (stored.contents_fingerprint <> winners.contents_fingerprint AND unchanged.row_id IS NULL)
    )
  )
