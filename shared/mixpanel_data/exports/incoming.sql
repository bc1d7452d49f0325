-- Turns each exported line into an event's columns, or into the reason why it is not an event. All times UTC.
-- Materialised as incoming: one row per line that is not blank. A repeat makes the same rows except for row_id.
-- @zone: the zone whose wall clock Mixpanel's `time` counts in; 'UTC' for projects since 2023.
-- @connectors_are_wanted: whether events count that a warehouse connector sent to Mixpanel.
-- @insert_ids_are_wanted: whether the rows have the insert ids of wanted events; otherwise insert_id is NULL.
-- Reads staged_lines.
WITH
  -- One row per line. A line that the engine's reader would lose was staged as U+0002 followed by a JSON string of it.
  lines AS (
    SELECT IF(STARTS_WITH(line, CHR(2)), COALESCE(JSON_VALUE(SUBSTR(line, 2), '$'), line), line) AS line
    FROM staged_lines
  ),
  -- One row per line; doc is NULL for invalid JSON.
  parsed AS (
    SELECT line, SAFE.PARSE_JSON(line, wide_number_mode => 'round') AS doc
    FROM lines
  ),
  -- One row per line.
  fields AS (
    SELECT
      line,
      doc IS NULL AS is_broken,
      IF(JSON_TYPE(JSON_QUERY(doc, '$.event')) = 'string', JSON_VALUE(doc, '$.event'), NULL) AS event_name,
      IF(JSON_TYPE(JSON_QUERY(doc, '$.properties')) = 'object', JSON_QUERY(doc, '$.properties'), NULL) AS properties,
      JSON_VALUE(doc, '$.properties.time') AS exported_time,
      CASE
        WHEN JSON_TYPE(JSON_QUERY(doc, '$.properties.time')) = 'number'
          THEN SAFE_CAST(JSON_VALUE(doc, '$.properties.time') AS FLOAT64)
        WHEN REGEXP_CONTAINS(JSON_VALUE(doc, '$.properties.time'), '^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$')
          THEN SAFE_CAST(JSON_VALUE(doc, '$.properties.time') AS FLOAT64)
      END AS time_number,
      CASE
        WHEN JSON_TYPE(JSON_QUERY(doc, '$.properties.mp_processing_time_ms')) = 'number'
          THEN SAFE_CAST(JSON_VALUE(doc, '$.properties.mp_processing_time_ms') AS FLOAT64)
        WHEN REGEXP_CONTAINS(JSON_VALUE(doc, '$.properties.mp_processing_time_ms'), '^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$')
          THEN SAFE_CAST(JSON_VALUE(doc, '$.properties.mp_processing_time_ms') AS FLOAT64)
      END AS processing_number,
      NULLIF(JSON_VALUE(doc, '$.properties."$insert_id"'), '') AS insert_id,
      JSON_VALUE(doc, '$.properties.distinct_id') AS distinct_id,
      JSON_VALUE(doc, '$.properties."$distinct_id_before_identity"') AS distinct_id_before_identity,
      JSON_QUERY(doc, '$.properties."$warehouse_import_id"') IS NOT NULL AS is_from_connector
    FROM parsed
  ),
  -- One row per line. `time` is a number of seconds since 1970, of milliseconds from 10,000,000,000 on, or ISO 8601.
  numbered AS (
    SELECT
      * EXCEPT (time_number, processing_number),
      CASE
        WHEN time_number IS NULL AND REGEXP_CONTAINS(
          exported_time,
          CONCAT(
            '^[0-9]{4}-[0-9]{2}-[0-9]{2}',
            '([T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))?)?$'
          )
        ) THEN UNIX_MICROS(SAFE_CAST(exported_time AS TIMESTAMP))
        WHEN ABS(time_number) < 10000000000 THEN CAST(ROUND(time_number * 1000000) AS INT64)
        WHEN ABS(time_number) < 10000000000000 THEN CAST(ROUND(time_number * 1000) AS INT64)
      END AS time_micros,
      IF(ABS(processing_number) < 100000000000000, CAST(FLOOR(processing_number) AS INT64), NULL) AS mp_processing_time_ms
    FROM fields
  ),
  -- One row per line; reason is NULL for an event.
  judged AS (
    SELECT
      *,
      CASE
        WHEN is_broken THEN 'not valid JSON'
        WHEN COALESCE(event_name, '') = '' THEN 'event is not a name'
        WHEN properties IS NULL THEN 'properties is not an object'
        WHEN exported_time IS NULL THEN 'time is missing'
        WHEN time_micros IS NULL THEN 'time is neither a number nor ISO 8601'
        WHEN time_micros < -315619200000000 OR time_micros >= 5995814400000000 THEN 'time is not from 1960 to 2159'
      END AS reason
    FROM numbered
  ),
  -- One row per line.
  clocked AS (
    SELECT *, IF(reason IS NULL, TIMESTAMP_MICROS(time_micros), NULL) AS clock
    FROM judged
  ),
  -- One row per line, with the instants that show this wall clock by the offset of the day before and of the day after:
  -- they differ only around a change of the offset.
  read_both_ways AS (
    SELECT
      *,
      IF(@zone = 'UTC' OR clock IS NULL, clock, TIMESTAMP_ADD(clock, INTERVAL TIMESTAMP_DIFF(
        TIMESTAMP_SUB(clock, INTERVAL 1 DAY),
        TIMESTAMP(DATETIME(TIMESTAMP_SUB(clock, INTERVAL 1 DAY), @zone)),
        MICROSECOND
      ) MICROSECOND)) AS earlier,
      IF(@zone = 'UTC' OR clock IS NULL, clock, TIMESTAMP_ADD(clock, INTERVAL TIMESTAMP_DIFF(
        TIMESTAMP_ADD(clock, INTERVAL 1 DAY),
        TIMESTAMP(DATETIME(TIMESTAMP_ADD(clock, INTERVAL 1 DAY), @zone)),
        MICROSECOND
      ) MICROSECOND)) AS later
    FROM clocked
  ),
  -- One row per line. In the hour that a zone repeats both instants are right: it is the later one if Mixpanel stored the
  -- event after that. In the hour that a zone skips neither is right: the earlier offset moves the event forward.
  timed AS (
    SELECT
      * EXCEPT (clock, earlier, later),
      CASE
        WHEN clock IS NULL OR earlier = later THEN earlier
        WHEN TIMESTAMP(DATETIME(later, @zone)) <> clock THEN earlier
        WHEN TIMESTAMP(DATETIME(earlier, @zone)) <> clock THEN later
        WHEN TIMESTAMP_MILLIS(mp_processing_time_ms) >= later THEN later
        ELSE earlier
      END AS event_timestamp
    FROM read_both_ways
  ),
  -- One row per line.
  sorted_out AS (
    SELECT
      *,
      reason IS NULL
      AND (@connectors_are_wanted OR NOT is_from_connector)
      AND (event_name IN UNNEST(@names)) = @names_are_wanted
      AND event_timestamp >= @window_start
      AND event_timestamp < @window_end
      AND COALESCE(mp_processing_time_ms, @arrived_from_ms) >= @arrived_from_ms AS is_wanted
    FROM timed
  )
SELECT
  GENERATE_UUID() AS row_id,
  reason,
  IF(reason IS NULL, NULL, line) AS rejected_line,
  is_wanted,
  event_name,
  event_timestamp,
  IF(is_wanted, properties, NULL) AS properties,
  distinct_id,
  IF(is_wanted AND @insert_ids_are_wanted, insert_id, NULL) AS insert_id,
  IF(
    is_wanted AND insert_id IS NOT NULL,
    TO_HEX(SHA256(CONCAT(
      event_name, CHR(31), CAST(CAST(FLOOR(time_micros / 1000000) AS INT64) AS STRING), CHR(31),
      insert_id, CHR(31), COALESCE(distinct_id_before_identity, distinct_id, '')
    ))),
    NULL
  ) AS event_id,
  CAST(FLOOR(time_micros / 1000000) AS INT64) AS time_seconds,
  COALESCE(distinct_id_before_identity, distinct_id, '') AS ingested_id,
  mp_processing_time_ms,
  FARM_FINGERPRINT(TO_JSON_STRING(properties)) AS contents_fingerprint
FROM sorted_out
-- A blank line is not an event. If the reader counted one, the row count differs and the export is read again, quoted.
WHERE reason IS NULL OR REGEXP_CONTAINS(line, '[^ \\t\\n\\x0b\\f\\r]')
