-- Lists the values that a property had before its cardinality changed, in the 30 days before.
-- One row per change, type and value.
-- Reads subjects, and event_observations in [@first_day, @last_day] only.
WITH
  -- One row per change, day, type and value.
  listed AS (
    SELECT
      subjects.number,
      observed.type,
      one AS element
    FROM subjects
    INNER JOIN event_observations AS observed
      ON
        observed.event_name = subjects.event_name
        AND observed.property = subjects.property
        AND observed.path = subjects.path
    CROSS JOIN UNNEST(JSON_QUERY_ARRAY(observed.top_values)) AS one
    WHERE
      subjects.sign = 'new_value'
      AND observed.day >= @first_day
      AND observed.day <= @last_day
      AND observed.day >= DATE_SUB(subjects.day, INTERVAL 30 DAY)
      AND observed.day < subjects.day
  )
SELECT DISTINCT
  number,
  type,
  JSON_VALUE(element, '$.value') AS value
FROM listed
