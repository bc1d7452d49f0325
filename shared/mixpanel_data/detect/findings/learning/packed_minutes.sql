-- Reads the counts of [@start, @end): for each minute that has events, its number after @start and its count, packed
-- into one text, because an answer of a million rows takes longer than a run of the detector may.
-- One row per event name: those of @names, or (not @names_are_wanted) all others.
-- Reads event_minutes, in [@start, @end) only.
SELECT
  event_name,
  STRING_AGG(
    CONCAT(CAST(TIMESTAMP_DIFF(minute, @start, MINUTE) AS STRING), ' ', CAST(events AS STRING)), ' '
  ) AS packed
FROM event_minutes
WHERE minute >= @start AND minute < @end AND (event_name IN UNNEST(@names)) = @names_are_wanted
GROUP BY event_name
