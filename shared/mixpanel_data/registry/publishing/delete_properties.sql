-- Removes the rows of properties that changed or are gone. One row per event name, property and path.
-- Reads property_changes. Writes event_properties; a repeat finds none.
DELETE FROM event_properties AS stored
WHERE EXISTS (
  SELECT 1
  FROM property_changes AS changes
  WHERE
    changes.event_name = stored.event_name
    AND changes.property = stored.property
    AND changes.path = stored.path
)
