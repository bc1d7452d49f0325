-- The event id of events without an insert id: in its place stand their properties, keys sorted, without those that
-- Mixpanel adds or can change. Materialised as unmarked: one row per such row of incoming.
-- Reads incoming.
SELECT
  row_id,
  TO_HEX(SHA256(CONCAT(
    event_name, CHR(31), CAST(time_seconds AS STRING), CHR(31), '{', COALESCE(members, ''), '}', CHR(31), ingested_id
  ))) AS event_id
FROM (
  -- One row per event without an insert id.
  SELECT
    row_id,
    event_name,
    time_seconds,
    ingested_id,
    (
      SELECT STRING_AGG(CONCAT(TO_JSON_STRING(key), ':', TO_JSON_STRING(properties[key])), ',' ORDER BY key)
      FROM (
        -- JSON_KEYS gives a key that holds a dot, a quote or the like as a JSON string.
        SELECT DISTINCT IF(STARTS_WITH(key, '"'), JSON_VALUE(key, '$'), key) AS key
        FROM UNNEST(JSON_KEYS(properties, 1)) AS key
      )
      WHERE
        key NOT IN ('time', 'distinct_id', '$distinct_id_before_identity', '$is_reshuffled', '$preshuffle_distinct_id')
        AND NOT STARTS_WITH(key, '$mp_')
        AND NOT STARTS_WITH(key, 'mp_')
    ) AS members
  FROM incoming
  WHERE is_wanted AND event_id IS NULL AND row_id IS NOT NULL
)
