-- Counts the changes of a part. One row per UTC day of the events and of their stored copies (NULL: new events).
-- suspects: changes that may only spell differently what is stored. moved: changes that change the count of a minute.
-- first_copy, last_copy: the days where those lie that have yet to be compared by their ids; NULL without any.
-- without_key: whether stored events of the day have to get their keys before anything else.
-- Reads changes.
SELECT
  day,
  stored_day,
  COUNTIF(has_line) AS events,
  COUNTIF(is_suspect) AS suspects,
  COUNTIF(is_moved) AS moved,
  MIN(first_copy) AS first_copy,
  MAX(last_copy) AS last_copy,
  COUNTIF(NOT has_line) AS without_key
FROM (
  -- One row per change.
  SELECT
    DATE(event_timestamp) AS day,
    DATE(stored_timestamp) AS stored_day,
    row_id IS NOT NULL AS has_line,
    is_suspect,
    COALESCE(TIMESTAMP_TRUNC(stored_timestamp, MINUTE) <> TIMESTAMP_TRUNC(event_timestamp, MINUTE), TRUE) AS is_moved,
    first_copy,
    last_copy
  FROM changes
)
GROUP BY day, stored_day
ORDER BY day, stored_day
