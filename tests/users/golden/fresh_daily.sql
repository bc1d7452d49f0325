-- Computes what the events of some days contribute to the totals of their users. Events without a distinct id belong to
-- nobody. Counters are NULL where they are 0; _skipped_values counts the values that are not of their metric's type.
-- One row per distinct id and UTC day.
-- Reads mixpanel_events on @days, in [@first_day, @end_day), only, and names no column that no metric needs, because
-- BigQuery bills it. Materialised as fresh_daily; over the same events a repeat computes the same rows.
WITH
  -- One row per event. Versions order events by time, then by id, as text: with the shift, microseconds have 17 digits
  -- from the year 1653 to 4505.
  events AS (
    SELECT
      distinct_id,
      DATE(event_timestamp) AS day,
      event_name,
      properties[@plan_property] AS plan_json,
      properties[@is_first_property] AS is_first_json,
      properties[@amount_usd_property] AS amount_usd_json,
      properties[@deposit_count_property] AS deposit_count_json,
      properties[@linked_bank_property] AS linked_bank_json,
      properties[@buying_power_property] AS buying_power_json,
      properties[@trial_ends_at_property] AS trial_ends_at_json,
      CONCAT(CAST(UNIX_MICROS(event_timestamp) + 20000000000000000 AS STRING), event_id) AS version,
      event_timestamp
    FROM mixpanel_events
    WHERE
      event_timestamp >= @first_day
      AND event_timestamp < @end_day
      AND DATE(event_timestamp) IN UNNEST(@days)
      AND distinct_id <> ''
  ),
  -- One row per event. What each property is, and the text of a scalar.
  scalars AS (
    SELECT
      JSON_TYPE(plan_json) AS plan_json_type,
      JSON_VALUE(plan_json, '$') AS plan_text,
      JSON_TYPE(is_first_json) AS is_first_json_type,
      JSON_VALUE(is_first_json, '$') AS is_first_text,
      JSON_TYPE(amount_usd_json) AS amount_usd_json_type,
      JSON_VALUE(amount_usd_json, '$') AS amount_usd_text,
      JSON_TYPE(deposit_count_json) AS deposit_count_json_type,
      JSON_VALUE(deposit_count_json, '$') AS deposit_count_text,
      JSON_TYPE(linked_bank_json) AS linked_bank_json_type,
      JSON_VALUE(linked_bank_json, '$') AS linked_bank_text,
      JSON_TYPE(buying_power_json) AS buying_power_json_type,
      JSON_VALUE(buying_power_json, '$') AS buying_power_text,
      JSON_TYPE(trial_ends_at_json) AS trial_ends_at_json_type,
      JSON_VALUE(trial_ends_at_json, '$') AS trial_ends_at_text,
      *
    FROM events
  ),
  -- One row per event. Numbers below 10^20 alone: NUMERIC ends at 10^29, so that a sum of a billion of them fits.
  numbers AS (
    SELECT
      IF(
        amount_usd_json_type = 'number'
        AND ABS(SAFE_CAST(amount_usd_text AS NUMERIC)) < CAST('100000000000000000000' AS NUMERIC),
        SAFE_CAST(amount_usd_text AS NUMERIC),
        NULL
      ) AS amount_usd_as_numeric,
      IF(
        deposit_count_json_type = 'number'
        AND ABS(SAFE_CAST(deposit_count_text AS NUMERIC)) < CAST('100000000000000000000' AS NUMERIC),
        SAFE_CAST(deposit_count_text AS NUMERIC),
        NULL
      ) AS deposit_count_as_numeric,
      IF(
        buying_power_json_type = 'number'
        AND ABS(SAFE_CAST(buying_power_text AS NUMERIC)) < CAST('100000000000000000000' AS NUMERIC),
        SAFE_CAST(buying_power_text AS NUMERIC),
        NULL
      ) AS buying_power_as_numeric,
      *
    FROM scalars
  ),
  -- One row per event. Each property as the types of its metrics, NULL where the value is not of that type, and whether
  -- it has one of the values of a condition. Whole numbers are tested as doubles too: NUMERIC rounds to nine decimals.
  typed AS (
    SELECT
      IF(plan_json_type = 'string', plan_text, NULL) AS plan_as_string,
      IF(
        deposit_count_as_numeric = TRUNC(deposit_count_as_numeric)
        AND SAFE_CAST(deposit_count_text AS FLOAT64) = TRUNC(SAFE_CAST(deposit_count_text AS FLOAT64)),
        SAFE_CAST(deposit_count_as_numeric AS INT64),
        NULL
      ) AS deposit_count_as_int64,
      IF(linked_bank_json_type = 'boolean', linked_bank_text = 'true', NULL) AS linked_bank_as_bool,
      IF(
        trial_ends_at_json_type = 'string'
        AND REGEXP_CONTAINS(
          trial_ends_at_text,
          CONCAT(
            '^[0-9]{4}-[0-9]{2}-[0-9]{2}',
            '([T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?',
            '(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))?)?$'
          )
        )
        AND SAFE_CAST(trial_ends_at_text AS TIMESTAMP)
          BETWEEN TIMESTAMP '0001-01-01 00:00:00+00' AND TIMESTAMP '9999-12-31 23:59:59.999999+00',
        SAFE_CAST(trial_ends_at_text AS TIMESTAMP),
        NULL
      ) AS trial_ends_at_as_timestamp,
      CASE plan_json_type
        WHEN 'string' THEN plan_text IN UNNEST(@gold_deposits_plan_strings)
        WHEN 'number' THEN
          SAFE_CAST(plan_text AS FLOAT64) IN UNNEST(@gold_deposits_plan_doubles)
          AND COALESCE(
            SAFE_CAST(plan_text AS NUMERIC) IN UNNEST(@gold_deposits_plan_decimals),
            TRUE
          )
        ELSE FALSE
      END AS gold_deposits_plan_matches,
      CASE is_first_json_type
        WHEN 'boolean' THEN is_first_text IN UNNEST(@gold_deposits_is_first_booleans)
        ELSE FALSE
      END AS gold_deposits_is_first_matches,
      *
    FROM numbers
  ),
  -- One row per event, and whether each counter counts it.
  counted AS (
    SELECT
      event_name = @total_copies_event
        AS total_copies_counts,
      event_name = @gold_deposits_event
        AND gold_deposits_plan_matches
        AND gold_deposits_is_first_matches
        AS gold_deposits_counts,
      *
    FROM typed
  ),
  -- One row per distinct id and day. Each property's newest version stands in one text with its value: the version,
  -- U+001F and, unless the value is null, = and its text. MAX of that text costs half of what ANY_VALUE(… HAVING MAX …)
  -- does.
  daily AS (
    SELECT
      distinct_id,
      day,
      NULLIF(COUNTIF(total_copies_counts), 0) AS total_copies,
      NULLIF(SUM(IF(gold_deposits_counts, amount_usd_as_numeric, NULL)), 0) AS gold_deposits,
      MAX(
        CASE
          WHEN event_name NOT IN UNNEST(@plan_events) THEN NULL
          WHEN plan_as_string IS NOT NULL THEN CONCAT(version, CHR(31), '=', plan_text)
        END
      ) AS _plan_newest,
      MAX(
        CASE
          WHEN deposit_count_as_int64 IS NOT NULL THEN CONCAT(version, CHR(31), '=', deposit_count_text)
        END
      ) AS _deposit_count_newest,
      MAX(
        CASE
          WHEN linked_bank_as_bool IS NOT NULL THEN CONCAT(version, CHR(31), '=', linked_bank_text)
        END
      ) AS _linked_bank_newest,
      MAX(
        CASE
          WHEN buying_power_as_numeric IS NOT NULL THEN CONCAT(version, CHR(31), '=', buying_power_text)
          WHEN buying_power_json_type = 'null' THEN CONCAT(version, CHR(31))
        END
      ) AS _buying_power_newest,
      MAX(
        CASE
          WHEN trial_ends_at_as_timestamp IS NOT NULL THEN CONCAT(version, CHR(31), '=', trial_ends_at_text)
          WHEN trial_ends_at_json_type = 'null' THEN CONCAT(version, CHR(31))
        END
      ) AS _trial_ends_at_newest,
      COUNT(*) AS events_processed,
      MIN(event_timestamp) AS first_event_time,
      MAX(event_timestamp) AS last_event_time,
      0
      + COUNTIF(
        gold_deposits_counts
        AND amount_usd_json_type <> 'null'
        AND amount_usd_as_numeric IS NULL
      )
      + COUNTIF(
        plan_json_type <> 'null'
        AND plan_as_string IS NULL
        AND event_name IN UNNEST(@plan_events)
      )
      + COUNTIF(
        deposit_count_json_type <> 'null'
        AND deposit_count_as_int64 IS NULL
      )
      + COUNTIF(
        linked_bank_json_type <> 'null'
        AND linked_bank_as_bool IS NULL
      )
      + COUNTIF(
        buying_power_json_type <> 'null'
        AND buying_power_as_numeric IS NULL
      )
      + COUNTIF(
        trial_ends_at_json_type <> 'null'
        AND trial_ends_at_as_timestamp IS NULL
      )
      AS _skipped_values
    FROM counted
    GROUP BY distinct_id, day
  ),
  -- One row per distinct id and day. Versions and values apart; a value is NULL where the newest one is null.
  versions AS (
    SELECT
      SUBSTR(_plan_newest, 1, STRPOS(_plan_newest, CHR(31)) - 1) AS plan_place,
      IF(
        SUBSTR(_plan_newest, STRPOS(_plan_newest, CHR(31)) + 1, 1) = '=',
        SUBSTR(_plan_newest, STRPOS(_plan_newest, CHR(31)) + 2),
        NULL
      ) AS _plan_value,
      SUBSTR(_deposit_count_newest, 1, STRPOS(_deposit_count_newest, CHR(31)) - 1) AS deposit_count_place,
      IF(
        SUBSTR(_deposit_count_newest, STRPOS(_deposit_count_newest, CHR(31)) + 1, 1) = '=',
        SUBSTR(_deposit_count_newest, STRPOS(_deposit_count_newest, CHR(31)) + 2),
        NULL
      ) AS _deposit_count_value,
      SUBSTR(_linked_bank_newest, 1, STRPOS(_linked_bank_newest, CHR(31)) - 1) AS linked_bank_place,
      IF(
        SUBSTR(_linked_bank_newest, STRPOS(_linked_bank_newest, CHR(31)) + 1, 1) = '=',
        SUBSTR(_linked_bank_newest, STRPOS(_linked_bank_newest, CHR(31)) + 2),
        NULL
      ) AS _linked_bank_value,
      SUBSTR(_buying_power_newest, 1, STRPOS(_buying_power_newest, CHR(31)) - 1) AS buying_power_place,
      IF(
        SUBSTR(_buying_power_newest, STRPOS(_buying_power_newest, CHR(31)) + 1, 1) = '=',
        SUBSTR(_buying_power_newest, STRPOS(_buying_power_newest, CHR(31)) + 2),
        NULL
      ) AS _buying_power_value,
      SUBSTR(_trial_ends_at_newest, 1, STRPOS(_trial_ends_at_newest, CHR(31)) - 1) AS trial_ends_at_place,
      IF(
        SUBSTR(_trial_ends_at_newest, STRPOS(_trial_ends_at_newest, CHR(31)) + 1, 1) = '=',
        SUBSTR(_trial_ends_at_newest, STRPOS(_trial_ends_at_newest, CHR(31)) + 2),
        NULL
      ) AS _trial_ends_at_value,
      *
    FROM daily
  )
SELECT
  versions.distinct_id,
  versions.day,
  versions.total_copies,
  versions.gold_deposits,
  versions._plan_value AS plan,
  versions.plan_place,
  CAST(CAST(versions._deposit_count_value AS NUMERIC) AS INT64) AS deposit_count,
  versions.deposit_count_place,
  versions._linked_bank_value = 'true' AS linked_bank,
  versions.linked_bank_place,
  CAST(versions._buying_power_value AS NUMERIC) AS buying_power,
  versions.buying_power_place,
  CAST(versions._trial_ends_at_value AS TIMESTAMP) AS trial_ends_at,
  versions.trial_ends_at_place,
  versions.events_processed,
  versions.first_event_time,
  versions.last_event_time,
  versions._skipped_values
FROM versions
