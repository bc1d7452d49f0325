-- Counts the lines of a part. One row per UTC day of the wanted events that are not known, and one without a day for all
-- other lines. unmarked: events that still need an id. tied: lines that are not known, but share id_fingerprint and time
-- of storage with one that is, which may be another copy of the same event. newest_ms: when Mixpanel stored the newest
-- line, in milliseconds since 1970.
-- Reads incoming.
SELECT
  day,
  COUNT(*) AS received,
  COUNTIF(is_wanted) AS wanted,
  COUNTIF(reason IS NOT NULL) AS rejected,
  COUNTIF(day IS NOT NULL AND event_key IS NULL) AS unmarked,
  COUNTIF(is_tied) AS tied,
  MAX(mp_processing_time_ms) AS newest_ms
FROM (
  -- One row per line.
  SELECT
    is_wanted,
    reason,
    event_key,
    mp_processing_time_ms,
    IF(is_wanted AND NOT is_known, DATE(event_timestamp), NULL) AS day,
    COALESCE(
      is_wanted AND NOT is_known AND (id_fingerprint, COALESCE(mp_processing_time_ms, -1)) IN (
        SELECT (id_fingerprint, COALESCE(mp_processing_time_ms, -1))
        FROM incoming
        WHERE is_known
      ),
      FALSE
    ) AS is_tied
  FROM incoming
)
GROUP BY day
ORDER BY day
