-- Finds the name of an event by its SHA-256 in lower-case hex. One row, none if no event has it. Reads event_registry.
SELECT event_name AS name
FROM event_registry
WHERE TO_HEX(SHA256(event_name)) = @name_hash
