-- Reads the selected names that have counts in [@start, @end): those of @names, or (not @names_are_wanted) all others.
-- One row per event name. Reads event_minutes, in [@start, @end) only.
SELECT DISTINCT event_name
FROM event_minutes
WHERE minute >= @start AND minute < @end AND (event_name IN UNNEST(@names)) = @names_are_wanted
ORDER BY event_name
