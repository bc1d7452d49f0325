-- The names that have counts in [@start, @end). One row per name. Reads event_minutes.
SELECT DISTINCT event_name
FROM event_minutes
WHERE minute >= @start AND minute < @end AND (event_name IN UNNEST(@names)) = @names_are_wanted
ORDER BY event_name
