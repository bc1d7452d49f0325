-- Removes the rows of events that changed or are gone. One row per event name.
-- Reads event_changes. Writes event_registry; a repeat finds none.
DELETE FROM event_registry AS stored
WHERE stored.event_name IN (SELECT event_changes.event_name FROM event_changes)
