-- Finds the place of a change in the order of changes.sql; no run removes a change or moves it.
-- One row, none for an id that no change has. Reads schema_changes.
SELECT
  day,
  CONCAT(event_name, '\x1f', IFNULL(property, ''), '\x1f', path, '\x1f', kind, '\x1f', change_id) AS place
FROM schema_changes
WHERE change_id = @change_id
