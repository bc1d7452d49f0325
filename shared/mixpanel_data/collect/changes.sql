-- Which rows of incoming change mixpanel_events: new events, and events that are there with other contents.
-- Materialised as changes, one row per event_id; stored_timestamp is NULL for a new event.
-- Among copies of an event the newest mp_processing_time_ms wins, then the greater distinct_id, then the greater JSON.
-- Reads incoming and unmarked, and mixpanel_events in [@first_day, @end_day) only.
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
      incoming.line_fingerprint
    FROM incoming
    LEFT JOIN unmarked ON unmarked.row_id = incoming.row_id
    WHERE incoming.is_wanted
  ),
  -- Copies that nothing but their contents tells apart; usually none.
  tied AS (
    SELECT event_id, processing_ms, COALESCE(distinct_id, '') AS distinct_id
    FROM copies
    GROUP BY event_id, processing_ms, COALESCE(distinct_id, '')
    HAVING MIN(line_fingerprint) <> MAX(line_fingerprint)
  ),
  tied_contents AS (
    SELECT copies.row_id, TO_JSON_STRING(incoming.properties) AS content
    FROM tied
    INNER JOIN copies
      ON copies.event_id = tied.event_id
      AND copies.processing_ms = tied.processing_ms
      AND COALESCE(copies.distinct_id, '') = tied.distinct_id
    INNER JOIN incoming ON incoming.row_id = copies.row_id
  ),
  -- One row per event_id.
  winners AS (
    SELECT copies.*
    FROM copies
    LEFT JOIN tied_contents ON tied_contents.row_id = copies.row_id
    WHERE TRUE
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY copies.event_id
      ORDER BY copies.processing_ms DESC, copies.distinct_id DESC, tied_contents.content DESC
    ) = 1
  ),
  stored AS (
    SELECT
      event_id,
      event_timestamp,
      distinct_id,
      COALESCE(mp_processing_time_ms, -1) AS processing_ms,
      read_at,
      line_fingerprint
    FROM mixpanel_events
    WHERE event_timestamp >= @first_day AND event_timestamp < @end_day
  ),
  -- New events, and those whose stored copy is not newer, was not read later, and is not the same line at the same time.
  candidates AS (
    SELECT
      winners.row_id,
      winners.event_id,
      winners.event_name,
      winners.event_timestamp,
      stored.event_timestamp AS stored_timestamp,
      stored.event_id IS NOT NULL
      AND stored.event_timestamp = winners.event_timestamp
      AND stored.processing_ms = winners.processing_ms
      AND COALESCE(stored.distinct_id, '') = COALESCE(winners.distinct_id, '') AS is_perhaps_same
    FROM winners
    LEFT JOIN stored ON stored.event_id = winners.event_id
    WHERE
      stored.event_id IS NULL
      OR (
        stored.processing_ms <= winners.processing_ms
        AND stored.read_at <= @read_at
        AND (
          stored.line_fingerprint <> winners.line_fingerprint
          OR stored.event_timestamp <> winners.event_timestamp
        )
      )
  ),
  -- Lines that differ only in how they are written.
  same AS (
    SELECT candidates.row_id
    FROM candidates
    INNER JOIN incoming ON incoming.row_id = candidates.row_id
    INNER JOIN mixpanel_events AS events ON events.event_id = candidates.event_id
    WHERE
      candidates.is_perhaps_same
      AND events.event_timestamp >= @first_day
      AND events.event_timestamp < @end_day
      AND TO_JSON_STRING(events.properties) = TO_JSON_STRING(incoming.properties)
  )
SELECT
  candidates.row_id,
  candidates.event_id,
  candidates.event_name,
  candidates.event_timestamp,
  candidates.stored_timestamp
FROM candidates
LEFT JOIN same ON same.row_id = candidates.row_id
WHERE same.row_id IS NULL
