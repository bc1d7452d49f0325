-- Puts together what the events of a part hold: the rows of event_observations for its units.
-- One row per unit, property, path and type; see the table's description.
-- Reads part_units, member_counts and nested_counts. Materialised as fresh_observations.
WITH
  -- One row per unit and property, by rank: the most frequent first.
  properties AS (
    SELECT
      unit,
      property,
      ROW_NUMBER() OVER (PARTITION BY unit ORDER BY SUM(events) DESC, property) AS rank
    FROM member_counts
    WHERE property IS NOT NULL
    GROUP BY unit, property
  ),
  -- One row per unit, property and type, with its rank.
  ranked_types AS (
    SELECT
      types.unit,
      types.property,
      types.type,
      types.events,
      types.first_seen,
      types.last_seen,
      types.least,
      types.greatest,
      types.sampled,
      types.distinct_values,
      types.top_values,
      properties.rank
    FROM member_counts AS types
    INNER JOIN properties ON properties.unit = types.unit AND properties.property = types.property
  ),
  -- One row per unit, property, document, path and type: events count once, however often the document has it.
  documents AS (
    SELECT
      unit,
      property,
      document,
      path,
      type,
      ANY_VALUE(events) AS events,
      ANY_VALUE(first_seen) AS first_seen,
      ANY_VALUE(last_seen) AS last_seen,
      MIN(least) AS least,
      MAX(greatest) AS greatest
    FROM nested_counts
    GROUP BY unit, property, document, path, type
  ),
  -- One row per unit, property, path and type below the property.
  nested_types AS (
    SELECT
      unit,
      property,
      path,
      type,
      SUM(events) AS events,
      MIN(first_seen) AS first_seen,
      MAX(last_seen) AS last_seen,
      MIN(least) AS least,
      MAX(greatest) AS greatest
    FROM documents
    GROUP BY unit, property, path, type
  ),
  -- One row per unit, property and path below it, by rank: the most frequent first.
  paths AS (
    SELECT
      unit,
      property,
      path,
      ROW_NUMBER() OVER (PARTITION BY unit, property ORDER BY SUM(events) DESC, path) AS rank
    FROM nested_types
    GROUP BY unit, property, path
  ),
  -- One row per unit, property, path, type and value below the property.
  counted_values AS (
    SELECT unit, property, path, type, value, SUM(events) AS events
    FROM nested_counts
    WHERE value IS NOT NULL
    GROUP BY unit, property, path, type, value
  ),
  -- One row per unit, property, path, type and value, by rank: the most frequent first.
  ranked_values AS (
    SELECT
      unit,
      property,
      path,
      type,
      value,
      events,
      ROW_NUMBER() OVER (PARTITION BY unit, property, path, type ORDER BY events DESC, value) AS rank
    FROM counted_values
  ),
  -- One row per unit, property, path and type of single values.
  summed_values AS (
    SELECT
      unit,
      property,
      path,
      type,
      COUNT(*) AS distinct_values,
      TO_JSON(
        ARRAY_AGG(
          IF(rank <= @most_values, STRUCT(value AS value, events AS events), NULL) IGNORE NULLS ORDER BY rank
        )
      ) AS top_values
    FROM ranked_values
    GROUP BY unit, property, path, type
  ),
  -- One row per unit, property, path and type that is listed.
  listed AS (
    SELECT
      unit,
      property,
      '' AS path,
      type,
      events,
      first_seen,
      last_seen,
      least,
      greatest,
      sampled,
      distinct_values,
      top_values
    FROM ranked_types
    WHERE rank <= @most_properties
    UNION ALL
    SELECT
      nested.unit,
      nested.property,
      nested.path,
      nested.type,
      nested.events,
      nested.first_seen,
      nested.last_seen,
      nested.least,
      nested.greatest,
      nested.events AS sampled,
      COALESCE(summed.distinct_values, 0) AS distinct_values,
      COALESCE(summed.top_values, PARSE_JSON('[]')) AS top_values
    FROM nested_types AS nested
    INNER JOIN paths
      ON paths.unit = nested.unit AND paths.property = nested.property AND paths.path = nested.path
    INNER JOIN properties ON properties.unit = nested.unit AND properties.property = nested.property
    LEFT JOIN summed_values AS summed
      ON
        summed.unit = nested.unit
        AND summed.property = nested.property
        AND summed.path = nested.path
        AND summed.type = nested.type
    WHERE paths.rank <= @most_paths AND properties.rank <= @most_properties
  ),
  -- One row per unit, property, path and type; property is NULL in those of the unit as a whole.
  observed AS (
    SELECT
      listed.unit,
      listed.property,
      listed.path,
      listed.type,
      listed.events,
      listed.first_seen,
      listed.last_seen,
      IF(listed.type = 'string', CAST(listed.least AS INT64), NULL) AS min_length,
      IF(listed.type = 'string', CAST(listed.greatest AS INT64), NULL) AS max_length,
      IF(listed.type = 'string', NULL, listed.least) AS least,
      IF(listed.type = 'string', NULL, listed.greatest) AS greatest,
      listed.sampled,
      IF(listed.type IN ('string', 'integer', 'number', 'boolean'), listed.distinct_values, NULL) AS distinct_values,
      IF(listed.type IN ('string', 'integer', 'number', 'boolean'), listed.top_values, NULL) AS top_values
    FROM listed
    UNION ALL
    SELECT
      unit,
      CAST(NULL AS STRING) AS property,
      '' AS path,
      'event' AS type,
      events,
      first_seen,
      last_seen,
      CAST(NULL AS INT64) AS min_length,
      CAST(NULL AS INT64) AS max_length,
      CAST(NULL AS FLOAT64) AS least,
      CAST(NULL AS FLOAT64) AS greatest,
      sampled,
      CAST(NULL AS INT64) AS distinct_values,
      CAST(NULL AS JSON) AS top_values
    FROM member_counts
    WHERE property IS NULL
    UNION ALL
    SELECT
      unit,
      CAST(NULL AS STRING) AS property,
      '' AS path,
      'others' AS type,
      SUM(events) AS events,
      MIN(first_seen) AS first_seen,
      MAX(last_seen) AS last_seen,
      CAST(NULL AS INT64) AS min_length,
      CAST(NULL AS INT64) AS max_length,
      CAST(NULL AS FLOAT64) AS least,
      CAST(NULL AS FLOAT64) AS greatest,
      SUM(sampled) AS sampled,
      COUNT(DISTINCT property) AS distinct_values,
      CAST(NULL AS JSON) AS top_values
    FROM ranked_types
    WHERE rank > @most_properties
    GROUP BY unit
  )
SELECT
  units.day,
  units.event_name,
  observed.property,
  observed.path,
  observed.type,
  observed.events,
  observed.first_seen,
  observed.last_seen,
  observed.min_length,
  observed.max_length,
  observed.least,
  observed.greatest,
  observed.sampled,
  observed.distinct_values,
  observed.top_values
FROM observed
INNER JOIN part_units AS units ON units.unit = observed.unit
