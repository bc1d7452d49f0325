-- Sums up the properties of some events as a reader sees them, without what Python judges. Types, shares, cardinality
-- and ranges are those of the 30 days up to @at.
-- One row per event name, property and path.
-- Reads batch_properties, recent_values, batch_names, and event_observations of names in [@first_name, @last_name] only.
-- Materialised as fresh_properties.
WITH
  -- One row per observation of the last 30 days.
  recent AS (
    SELECT
      observed.event_name,
      observed.property,
      observed.path,
      observed.type,
      observed.events,
      observed.least,
      observed.greatest,
      observed.min_length,
      observed.max_length,
      observed.sampled,
      observed.distinct_values
    FROM event_observations AS observed
    INNER JOIN batch_names ON batch_names.event_name = observed.event_name
    WHERE
      observed.event_name >= @first_name
      AND observed.event_name <= @last_name
      AND observed.day > DATE_SUB(@at, INTERVAL 30 DAY)
      AND observed.day <= @at
  ),
  -- One row per event name that was seen.
  totals AS (
    SELECT event_name, SUM(events) AS events, SUM(sampled) AS sampled
    FROM recent
    WHERE type = 'event' AND property IS NULL
    GROUP BY event_name
  ),
  -- One row per property and type that was seen.
  typed AS (
    SELECT
      properties.number,
      recent.type,
      CASE recent.type
        WHEN 'string' THEN 1
        WHEN 'integer' THEN 2
        WHEN 'number' THEN 3
        WHEN 'boolean' THEN 4
        WHEN 'null' THEN 5
        WHEN 'array' THEN 6
        ELSE 7
      END AS place,
      SUM(recent.events) AS events,
      SUM(SUM(recent.events)) OVER (PARTITION BY properties.number) AS of_property,
      SUM(IF(recent.type = 'number', SUM(recent.events), 0)) OVER (PARTITION BY properties.number) AS fractions,
      SUM(IF(recent.type IN ('integer', 'number'), SUM(recent.events), 0)) OVER (PARTITION BY properties.number)
        AS numbers,
      MIN(recent.least) AS least,
      MAX(recent.greatest) AS greatest,
      MIN(recent.min_length) AS min_length,
      MAX(recent.max_length) AS max_length,
      SUM(IF(recent.distinct_values IS NULL, 0, recent.sampled)) AS sampled,
      SUM(recent.distinct_values) AS distinct_values,
      MAX(recent.distinct_values) AS most_distinct
    FROM recent
    INNER JOIN batch_properties AS properties
      ON
        properties.event_name = recent.event_name
        AND properties.property = recent.property
        AND properties.path = recent.path
    GROUP BY properties.number, recent.type
  ),
  -- One row per property that was seen. A type of up to one value in a hundred is a stray. Integers are numbers, where
  -- some numbers are not whole.
  seen AS (
    SELECT
      number,
      STRING_AGG(
        CASE
          WHEN type = 'integer' THEN IF(numbers * 100 > of_property AND fractions * 100 <= of_property, type, NULL)
          ELSE IF(events * 100 > of_property, type, NULL)
        END,
        '|'
        ORDER BY place
      ) AS type,
      PARSE_JSON(
        CONCAT('{', STRING_AGG(CONCAT('"', type, '":', CAST(events AS STRING)), ',' ORDER BY place), '}')
      ) AS types,
      SUM(events) AS events,
      SUM(IF(type = 'null', events, 0)) AS empty,
      MIN(least) AS least,
      MAX(greatest) AS greatest,
      MIN(min_length) AS min_length,
      MAX(max_length) AS max_length,
      SUM(sampled) AS sampled,
      SUM(distinct_values) AS distinct_values,
      MAX(most_distinct) AS most_distinct
    FROM typed
    GROUP BY number
  )
SELECT
  properties.event_name,
  properties.property,
  properties.path,
  seen.type,
  COALESCE(seen.types, PARSE_JSON('{}')) AS types,
  properties.events,
  LEAST(COALESCE(seen.events, 0) / NULLIF(IF(properties.path = '', totals.events, totals.sampled), 0), 1.0) AS share,
  seen.empty / seen.events AS null_share,
  properties.first_seen,
  properties.last_seen,
  CASE
    WHEN recent_values.known IS NULL THEN NULL
    -- Up to 20 values of a day are all listed.
    WHEN seen.most_distinct <= 20 AND recent_values.known = 1 THEN 'constant'
    WHEN seen.most_distinct <= 20 AND recent_values.known <= 20 THEN 'few'
    WHEN seen.distinct_values = seen.sampled AND recent_values.most_frequent = 1 THEN 'unique'
    ELSE 'many'
  END AS cardinality,
  recent_values.format,
  recent_values.top_values,
  seen.least,
  seen.greatest,
  seen.min_length,
  seen.max_length
FROM batch_properties AS properties
LEFT JOIN totals ON totals.event_name = properties.event_name
LEFT JOIN seen ON seen.number = properties.number
LEFT JOIN recent_values ON recent_values.number = properties.number
