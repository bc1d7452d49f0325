-- Lists the units of a part, numbered, with the bound of each one's sample: it has the events whose id is below the
-- bound, about @sample, and all of them where the bound is NULL. Ids are hashes in hexadecimal, so that a bound that halves
-- them, and halves them again, depends on nothing but the number of events.
-- One row per UTC day and event name that is marked, of the days @days, from (@first_day, @first_name) to (@last_day,
-- @last_name).
-- Reads registry_pending, and event_minutes in [@from_time, @to_time) only. Materialised as part_units.
WITH
  -- One row per UTC day and event name that has events.
  sizes AS (
    SELECT
      DATE(minute) AS day,
      event_name,
      SUM(events) AS events
    FROM event_minutes
    WHERE minute >= @from_time AND minute < @to_time
    GROUP BY day, event_name
  ),
  -- One row per unit. Halving the events once, and so often again, comes nearest to @sample.
  units AS (
    SELECT DISTINCT
      pending.day,
      pending.event_name,
      CAST(ROUND(LOG(GREATEST(COALESCE(sizes.events, 0), 1) / @sample, 2.0)) AS INT64) - 1 AS again
    FROM registry_pending AS pending
    LEFT JOIN sizes ON sizes.day = pending.day AND sizes.event_name = pending.event_name
    WHERE
      pending.day IN UNNEST(@days)
      AND (pending.day > @first_day OR (pending.day = @first_day AND pending.event_name >= @first_name))
      AND (pending.day < @last_day OR (pending.day = @last_day AND pending.event_name <= @last_name))
  )
SELECT
  ROW_NUMBER() OVER (ORDER BY day, event_name) AS unit,
  day,
  event_name,
  -- 8, 4, 2, 1, 08, 04, …
  IF(again >= 0, CONCAT(REPEAT('0', DIV(again, 4)), SUBSTR('8421', MOD(again, 4) + 1, 1)), NULL) AS sample_bound
FROM units
