-- Merges the most frequent values of the samples of 30 days, and finds the format that all strings among them have.
-- One row per property of batch_properties that has values.
-- Reads batch_properties, and event_observations of names in [@first_name, @last_name] only. Materialised as
-- recent_values.
WITH
  -- One row per day, type and value.
  listed AS (
    SELECT
      properties.number,
      observed.type = 'string' AS is_string,
      one AS element
    FROM event_observations AS observed
    INNER JOIN batch_properties AS properties
      ON
        properties.event_name = observed.event_name
        AND properties.property = observed.property
        AND properties.path = observed.path
    CROSS JOIN UNNEST(JSON_QUERY_ARRAY(observed.top_values)) AS one
    WHERE
      observed.event_name >= @first_name
      AND observed.event_name <= @last_name
      AND observed.day > DATE_SUB(@at, INTERVAL 30 DAY)
      AND observed.day <= @at
  ),
  -- One row per property and value.
  summed AS (
    SELECT
      number,
      JSON_VALUE(element, '$.value') AS value,
      SUM(CAST(JSON_VALUE(element, '$.events') AS INT64)) AS events,
      LOGICAL_OR(is_string) AS is_string
    FROM listed
    GROUP BY number, value
  ),
  -- One row per property and value, by rank: the most frequent first.
  ranked AS (
    SELECT
      number,
      value,
      events,
      is_string,
      ROW_NUMBER() OVER (PARTITION BY number ORDER BY events DESC, value) AS place
    FROM summed
  )
SELECT
  number,
  COUNT(*) AS known,
  MAX(events) AS most_frequent,
  PARSE_JSON(
    CONCAT(
      '[',
      STRING_AGG(
        IF(place <= 20, CONCAT('{"value":', TO_JSON_STRING(value), ',"events":', CAST(events AS STRING), '}'), NULL),
        ','
        ORDER BY place
      ),
      ']'
    )
  ) AS top_values,
  CASE
    WHEN NOT LOGICAL_OR(is_string) THEN NULL
    WHEN
      LOGICAL_AND(
        NOT is_string
        OR REGEXP_CONTAINS(
          value, r'^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.]\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?$'
        )
      )
      THEN 'date-time'
    WHEN LOGICAL_AND(NOT is_string OR REGEXP_CONTAINS(value, r'^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$'))
      THEN 'date'
    WHEN
      LOGICAL_AND(
        NOT is_string
        OR REGEXP_CONTAINS(value, r'^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$')
      )
      THEN 'uuid'
    WHEN LOGICAL_AND(NOT is_string OR REGEXP_CONTAINS(value, r'^[^@\s]+@[^@\s]+[.][^@\s]+$')) THEN 'email'
    WHEN LOGICAL_AND(NOT is_string OR REGEXP_CONTAINS(value, r'^[A-Za-z][A-Za-z0-9+.-]*://\S+$')) THEN 'uri'
    WHEN
      LOGICAL_AND(
        NOT is_string
        OR REGEXP_CONTAINS(
          value, r'^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)[.]){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$'
        )
      )
      THEN 'ipv4'
    WHEN LOGICAL_AND(NOT is_string OR REGEXP_CONTAINS(value, r'^-?\d+([.]\d+)?([eE][+-]?\d+)?$')) THEN 'numeric'
  END AS format
FROM ranked
GROUP BY number
