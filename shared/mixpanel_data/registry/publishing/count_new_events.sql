-- Counts the events that the registry does not have yet. One row.
-- Reads event_changes.
SELECT COUNTIF(is_new) AS new_events
FROM event_changes
