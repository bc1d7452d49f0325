-- Counts of [@start, @end) by name: each minute that has events as its place after @start and its count, packed into text
-- because an answer of a million rows takes longer than the detector may. One row per name. Reads event_minutes.
SELECT
  event_name,
  STRING_AGG(
    CONCAT(CAST(TIMESTAMP_DIFF(minute, @start, MINUTE) AS STRING), ' ', CAST(events AS STRING)), ' '
  ) AS packed
FROM event_minutes
WHERE minute >= @start AND minute < @end AND (event_name IN UNNEST(@names)) = @names_are_wanted
GROUP BY event_name
