-- Which of these events have been seen. One row per name. Reads event_arrivals.
SELECT DISTINCT event_name
FROM event_arrivals
WHERE event_name IN UNNEST(@names)
