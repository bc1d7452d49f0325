-- Deletes the sample events of the demonstration from a table.
-- One row per event.
-- Writes a table that is not declared, here sample_events; a repeat finds none.
DELETE FROM sample_events AS events
WHERE STARTS_WITH(events.event_id, @prefix)
