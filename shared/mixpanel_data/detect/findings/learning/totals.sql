-- Reads how many events the selected names have in [@start, @end), and their first minute there: names of @names, or
-- (not @names_are_wanted) all others, with at least @least_events events. One row per event name.
-- Reads event_minutes, in [@start, @end) only.
SELECT event_name, SUM(events) AS total, MIN(minute) AS first_minute
FROM event_minutes
WHERE minute >= @start AND minute < @end AND (event_name IN UNNEST(@names)) = @names_are_wanted
GROUP BY event_name
HAVING SUM(events) >= @least_events
