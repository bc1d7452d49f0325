-- Finds the properties of some events of which there can be anything to say, and reads their days. What it leaves out
-- has the same types all along, in about the same share of the events since the first week, and no more values than
-- usual: the verdicts in Python would find nothing. What it lists may still be nothing.
-- One row per event name, property, path, UTC day and type, in this order. is_judged is FALSE of what is listed only
-- because a place below it is judged; can_have_changed is FALSE where only the status is in question. has_many_values says
-- that the property may have got many new values.
-- Reads event_observations of the events @names, up to the day @at.
WITH
  -- One row per event name and UTC day. Weeks begin on Monday.
  event_days AS (
    SELECT
      event_name,
      day,
      DATE_TRUNC(day, ISOWEEK) AS week,
      SUM(IF(type = 'event', events, 0)) AS events,
      SUM(IF(type = 'event', sampled, 0)) AS sampled
    FROM event_observations
    WHERE day <= @at AND property IS NULL AND event_name IN UNNEST(@names)
    GROUP BY event_name, day
  ),
  -- One row per event name and UTC day: how many days come after it, and how many events on it and on these.
  event_rests AS (
    SELECT
      event_name,
      day,
      MIN(day) OVER (PARTITION BY event_name) AS first_day,
      COUNT(*) OVER (PARTITION BY event_name ORDER BY day DESC) - 1 AS later_days,
      SUM(events) OVER (PARTITION BY event_name ORDER BY day DESC) AS events,
      SUM(sampled) OVER (PARTITION BY event_name ORDER BY day DESC) AS sampled
    FROM event_days
  ),
  -- One row per event name and week.
  event_weeks AS (
    SELECT
      event_name,
      week,
      SUM(events) AS events,
      SUM(sampled) AS sampled,
      COUNT(*) OVER (PARTITION BY event_name ORDER BY week DESC) AS weeks
    FROM event_days
    GROUP BY event_name, week
  ),
  -- One row per event name, property, path, UTC day and type, with the events of that day (below a property, of its
  -- sample).
  observed AS (
    SELECT
      observations.event_name,
      observations.property,
      observations.path,
      observations.day,
      observations.type,
      observations.events,
      observations.sampled,
      observations.distinct_values,
      IF(observations.path = '', events.events, events.sampled) AS of_events
    FROM event_observations AS observations
    INNER JOIN event_days AS events ON events.event_name = observations.event_name AND events.day = observations.day
    WHERE
      observations.day <= @at
      AND observations.event_name IN UNNEST(@names)
      AND observations.property IS NOT NULL
  ),
  -- One row per event name, property and path. Without several types, it has one row per day.
  all_lives AS (
    SELECT
      event_name,
      property,
      path,
      REGEXP_CONTAINS(property, @mixpanels_keys) AS is_mixpanels,
      MIN(day) AS first_day,
      MAX(day) AS last_day,
      COUNT(*) AS type_days,
      MIN(type) != MAX(type) AS is_mixed,
      COUNTIF((of_events - events) * @per_hit + events * @per_miss > 0) AS lacking_days,
      COALESCE(MIN(distinct_values), 0) AS least_distinct,
      COALESCE(MAX(distinct_values), 0) AS most_distinct
    FROM observed
    GROUP BY event_name, property, path
  ),
  -- One row per event name, property and path, but for those that all events have had with one type and about as many
  -- values, from the first week to the last days; of Mixpanel's keys only those with two types, or unseen for long.
  lives AS (
    SELECT lives.*
    FROM all_lives AS lives
    INNER JOIN event_rests AS events ON events.event_name = lives.event_name AND events.day = lives.first_day
    WHERE
      lives.is_mixed
      OR lives.last_day <= DATE_SUB(@at, INTERVAL 30 DAY)
      OR (
        NOT lives.is_mixpanels
        AND (
          lives.lacking_days + events.later_days - (lives.type_days - 1) >= @least_days
          OR lives.first_day >= DATE_ADD(events.first_day, INTERVAL 7 DAY)
          OR lives.most_distinct >= GREATEST(7, 1.25 * lives.least_distinct, lives.least_distinct + 2)
        )
      )
  ),
  -- One row per event name, property, path and UTC day, of these.
  shares AS (
    SELECT
      observed.event_name,
      observed.property,
      observed.path,
      observed.day,
      DATE_TRUNC(observed.day, ISOWEEK) AS week,
      SUM(observed.events) AS present,
      GREATEST(ANY_VALUE(observed.of_events) - SUM(observed.events), 0) AS lacking,
      SUM(IF(observed.distinct_values IS NULL, 0, observed.sampled)) AS sampled,
      SUM(COALESCE(observed.distinct_values, 0)) AS distinct_values
    FROM observed
    INNER JOIN lives
      ON lives.event_name = observed.event_name AND lives.property = observed.property AND lives.path = observed.path
    GROUP BY observed.event_name, observed.property, observed.path, observed.day
  ),
  -- One row per event name, property and path, of these. A day lacks the property if more events do than strays may.
  summed AS (
    SELECT
      event_name,
      property,
      path,
      COUNT(*) AS days,
      COUNTIF(day > DATE_SUB(@at, INTERVAL 28 DAY)) AS recent_days,
      SUM(present) AS present,
      COUNTIF(lacking * @per_hit + present * @per_miss > 0) AS lacking_days,
      MAX(distinct_values) AS most_distinct,
      COUNTIF(distinct_values <= @few) AS listed_days,
      COUNTIF(distinct_values < sampled) AS repeating_days
    FROM shares
    GROUP BY event_name, property, path
  ),
  -- One row per event name, property, path and week.
  property_weeks AS (
    SELECT
      event_name,
      property,
      path,
      week,
      SUM(present) AS present,
      SUM(distinct_values) / COUNT(*) AS distinct_values
    FROM shares
    GROUP BY event_name, property, path, week
  ),
  -- One row per event name, property and path: its greatest and least share of a week. The week in which the property
  -- began does not count.
  weekly AS (
    SELECT
      weeks.event_name,
      weeks.property,
      weeks.path,
      MIN(weeks.distinct_values) AS least_distinct,
      COUNTIF(weeks.week > lives.first_day) AS later_weeks,
      MIN(
        IF(weeks.week > lives.first_day, weeks.present / IF(weeks.path = '', events.events, events.sampled), NULL)
      ) AS least_share,
      MAX(
        IF(weeks.week > lives.first_day, weeks.present / IF(weeks.path = '', events.events, events.sampled), NULL)
      ) AS greatest_share
    FROM property_weeks AS weeks
    INNER JOIN lives
      ON lives.event_name = weeks.event_name AND lives.property = weeks.property AND lives.path = weeks.path
    INNER JOIN event_weeks AS events ON events.event_name = weeks.event_name AND events.week = weeks.week
    GROUP BY weeks.event_name, weeks.property, weeks.path
  ),
  -- One row per event name, property and path that has several types: the values of its first week.
  first_weeks AS (
    SELECT shares.event_name, shares.property, shares.path, SUM(shares.present) AS present
    FROM shares
    INNER JOIN lives
      ON lives.event_name = shares.event_name AND lives.property = shares.property AND lives.path = shares.path
    WHERE lives.is_mixed AND shares.day < DATE_ADD(lives.first_day, INTERVAL 7 DAY)
    GROUP BY shares.event_name, shares.property, shares.path
  ),
  -- One row per event name, property, path, type and UTC day, of properties with several types. Integers and numbers are
  -- of one type; numbers that have a fraction are one more.
  type_days AS (
    SELECT
      observed.event_name,
      observed.property,
      observed.path,
      family,
      observed.day,
      SUM(observed.events) AS events
    FROM observed
    INNER JOIN lives
      ON lives.event_name = observed.event_name AND lives.property = observed.property AND lives.path = observed.path
    CROSS JOIN
      UNNEST(
        CASE observed.type
          WHEN 'integer' THEN ['number']
          WHEN 'number' THEN ['number', 'fraction']
          ELSE [observed.type]
        END
      ) AS family
    WHERE lives.is_mixed
    GROUP BY observed.event_name, observed.property, observed.path, family, observed.day
  ),
  -- One row per event name, property, path and type, of properties with several types. A type is common on a day if
  -- more values have it than strays would account for.
  type_lives AS (
    SELECT
      days.event_name,
      days.property,
      days.path,
      days.family,
      SUM(days.events) AS events,
      SUM(IF(days.day < DATE_ADD(lives.first_day, INTERVAL 7 DAY), days.events, 0)) AS early,
      COUNTIF(days.events * @per_hit + (shares.present - days.events) * @per_miss > 0) AS common_days,
      COUNTIF(
        days.events * @per_hit + (shares.present - days.events) * @per_miss > 0
        AND (days.day > DATE_SUB(@at, INTERVAL 28 DAY) OR summed.recent_days < 7)
      ) AS recent_days
    FROM type_days AS days
    INNER JOIN lives
      ON lives.event_name = days.event_name AND lives.property = days.property AND lives.path = days.path
    INNER JOIN summed
      ON summed.event_name = days.event_name AND summed.property = days.property AND summed.path = days.path
    INNER JOIN shares
      ON
        shares.event_name = days.event_name
        AND shares.property = days.property
        AND shares.path = days.path
        AND shares.day = days.day
    GROUP BY days.event_name, days.property, days.path, days.family
  ),
  -- One row per event name, property and path that has several types: whether one of them came after the first week, and
  -- how many other than null it had lately.
  mixed AS (
    SELECT
      types.event_name,
      types.property,
      types.path,
      LOGICAL_OR(
        types.events >= @least_values
        AND types.common_days >= @least_days
        AND types.early * @per_hit + (first_weeks.present - types.early) * @per_miss <= 0
      ) AS has_new_type,
      COUNTIF(types.recent_days > 0 AND types.family NOT IN ('null', 'fraction')) AS recent_types
    FROM type_lives AS types
    INNER JOIN first_weeks
      ON
        first_weeks.event_name = types.event_name
        AND first_weeks.property = types.property
        AND first_weeks.path = types.path
    GROUP BY types.event_name, types.property, types.path
  ),
  -- One row per event name, property and path that may be notable, with the reasons.
  flags AS (
    SELECT
      lives.event_name,
      lives.property,
      lives.path,
      lives.first_day,
      summed.recent_days,
      lives.last_day <= DATE_SUB(@at, INTERVAL 30 DAY) AS is_dormant,
      COALESCE(mixed.recent_types, 0) > 1 AS is_unstable,
      -- With few values on most days, and with more on some.
      NOT lives.is_mixpanels
      AND summed.most_distinct >= GREATEST(7, 1.25 * weekly.least_distinct, weekly.least_distinct + 2)
      AND summed.listed_days >= 7
      AND summed.repeating_days >= 5 AS has_many_values,
      NOT lives.is_mixpanels
      AND (
        COALESCE(mixed.has_new_type, FALSE)
        -- New to the event.
        OR (lives.first_day >= DATE_ADD(events.first_day, INTERVAL 7 DAY) AND summed.days >= @least_days)
        -- In all events for a week, and lacking in some for three days.
        OR (
          summed.lacking_days + events.later_days - (summed.days - 1) >= @least_days
          AND summed.days - summed.lacking_days >= 7
          AND IF(lives.path = '', events.events, events.sampled) - summed.present >= @least_values
        )
        -- In fewer events of one week than of another by more than chance, or in none; the bound finds three days
        -- without it.
        OR (
          summed.present >= 15
          AND (
            weekly.later_weeks < weeks.weeks - 1
            OR COALESCE(weekly.least_share, 1)
            < weekly.greatest_share * (0.75 - 1.9 * SQRT(GREATEST(weekly.later_weeks, 1) / summed.present))
          )
        )
        -- In none for so long that it may be dormant.
        OR weekly.later_weeks < weeks.weeks - 3
      ) AS has_changed
    FROM lives
    INNER JOIN summed
      ON summed.event_name = lives.event_name AND summed.property = lives.property AND summed.path = lives.path
    INNER JOIN event_rests AS events ON events.event_name = lives.event_name AND events.day = lives.first_day
    INNER JOIN event_weeks AS weeks
      ON weeks.event_name = lives.event_name AND weeks.week = DATE_TRUNC(lives.first_day, ISOWEEK)
    INNER JOIN weekly
      ON weekly.event_name = lives.event_name AND weekly.property = lives.property AND weekly.path = lives.path
    LEFT JOIN mixed
      ON mixed.event_name = lives.event_name AND mixed.property = lives.property AND mixed.path = lives.path
  ),
  -- One row per event name, property and path of which there can be anything to say, with the first day to read: whether
  -- a property has two types shows in its last seven days.
  notable AS (
    SELECT
      event_name,
      property,
      path,
      has_changed OR has_many_values AS can_have_changed,
      has_many_values,
      IF(
        has_changed OR has_many_values OR is_dormant OR recent_days < 7,
        first_day,
        DATE_SUB(@at, INTERVAL 27 DAY)
      ) AS from_day
    FROM flags
    WHERE is_dormant OR is_unstable OR has_many_values OR has_changed
  ),
  -- One row per event name and property: whether a place below it is judged.
  judged AS (
    SELECT event_name, property, LOGICAL_OR(path != '') AS has_deeper
    FROM notable
    GROUP BY event_name, property
  )
SELECT
  observations.event_name,
  observations.property,
  observations.path,
  observations.day,
  observations.type,
  observations.events,
  observations.sampled,
  COALESCE(observations.distinct_values, 0) AS distinct_values,
  notable.path IS NOT NULL AS is_judged,
  COALESCE(notable.can_have_changed, FALSE) AS can_have_changed,
  COALESCE(notable.has_many_values, FALSE) AS has_many_values
FROM event_observations AS observations
INNER JOIN judged ON judged.event_name = observations.event_name AND judged.property = observations.property
LEFT JOIN notable
  ON
    notable.event_name = observations.event_name
    AND notable.property = observations.property
    AND notable.path = observations.path
WHERE
  observations.day <= @at
  AND observations.event_name IN UNNEST(@names)
  AND (
    observations.day >= notable.from_day
    OR (notable.path IS NULL AND judged.has_deeper AND observations.type IN ('array', 'object'))
  )
ORDER BY observations.event_name, observations.property, observations.path, observations.day, observations.type
