-- Takes the marks off event names that are judged. One row per event name and day.
-- Reads batch_names. Writes registry_unjudged; a repeat finds none.
DELETE FROM registry_unjudged AS marked
WHERE marked.event_name IN (SELECT batch_names.event_name FROM batch_names)
