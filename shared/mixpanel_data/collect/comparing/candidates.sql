-- Finds the lines that may change mixpanel_events, by narrow columns alone; an event_id of what is stored is not read.
-- Materialised as changes: one row per event that is new if its key is stored nowhere on @days (first_copy and last_copy
-- are NULL then), and else new or another than its stored copy, which is on one of the days from first_copy to last_copy.
-- A key of which every line is stored as it is has no row. One row without a row_id for each day with stored events whose
-- key is missing: those have to get it first.
-- Among copies of an event the newest mp_processing_time_ms wins, then the greater distinct_id, then the greater JSON.
-- Only narrow columns take part in the joins and the sort: wide lines would take several times as long.
-- Reads incoming, and four narrow columns of mixpanel_events on @days, in [@first_day, @end_day), only.
WITH
  -- One row per line that may change something.
  copies AS (
    SELECT
      row_id,
      event_id,
      event_key,
      event_name,
      event_timestamp,
      distinct_id,
      COALESCE(mp_processing_time_ms, -1) AS processing_ms,
      contents_fingerprint
    FROM incoming
    WHERE is_wanted AND NOT is_known
  ),
  -- One row per copy of an event that arrived more than once, and per event that shares its key: usually few.
  rivals AS (
    SELECT copies.*
    FROM copies
    INNER JOIN (
      SELECT event_key
      FROM copies
      GROUP BY event_key
      HAVING COUNT(*) > 1
    ) AS repeated ON repeated.event_key = copies.event_key
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
  -- One row per event: the copy that wins.
  winners AS (
    SELECT copies.*
    FROM copies
    LEFT JOIN losers ON losers.row_id = copies.row_id
    WHERE losers.row_id IS NULL
  ),
  -- One row per stored event that has the key of a line, or none.
  stored AS (
    SELECT
      event_key,
      event_timestamp,
      COALESCE(mp_processing_time_ms, -1) AS processing_ms,
      contents_fingerprint
    FROM mixpanel_events
    WHERE
      event_timestamp >= @first_day
      AND event_timestamp < @end_day
      AND DATE(event_timestamp) IN UNNEST(@days)
      AND (event_key IS NULL OR event_key IN (SELECT event_key FROM copies))
  ),
  -- One row per line whose key is stored. A stored event that is alike in all four columns is the same copy.
  found AS (
    SELECT
      copies.row_id,
      copies.event_key,
      LOGICAL_OR(
        stored.event_timestamp = copies.event_timestamp
        AND stored.processing_ms = copies.processing_ms
        AND COALESCE(stored.contents_fingerprint = copies.contents_fingerprint, FALSE)
      ) AS is_stored,
      MIN(DATE(stored.event_timestamp)) AS first_copy,
      MAX(DATE(stored.event_timestamp)) AS last_copy
    FROM copies
    INNER JOIN stored ON stored.event_key = copies.event_key
    GROUP BY copies.row_id, copies.event_key
  ),
  -- One row per key that is stored. Only if each of its lines is, which of them stands needs no deciding.
  stored_keys AS (
    SELECT
      event_key,
      LOGICAL_AND(is_stored) AS is_stored,
      MIN(first_copy) AS first_copy,
      MAX(last_copy) AS last_copy
    FROM found
    GROUP BY event_key
  )
SELECT
  winners.row_id,
  CAST(NULL AS STRING) AS event_id,
  winners.event_name,
  winners.event_timestamp,
  CAST(NULL AS TIMESTAMP) AS stored_timestamp,
  FALSE AS is_suspect,
  stored_keys.first_copy,
  stored_keys.last_copy
FROM winners
LEFT JOIN stored_keys ON stored_keys.event_key = winners.event_key
WHERE NOT COALESCE(stored_keys.is_stored, FALSE)
UNION ALL
SELECT
  CAST(NULL AS STRING) AS row_id,
  CAST(NULL AS STRING) AS event_id,
  CAST(NULL AS STRING) AS event_name,
  MIN(event_timestamp) AS event_timestamp,
  CAST(NULL AS TIMESTAMP) AS stored_timestamp,
  FALSE AS is_suspect,
  CAST(NULL AS DATE) AS first_copy,
  CAST(NULL AS DATE) AS last_copy
FROM stored
WHERE event_key IS NULL
GROUP BY DATE(event_timestamp)
