-- Removes the rows of properties that changed or are gone. One row per property.
-- Reads dictionary_changes. Writes property_dictionary; a repeat finds none.
DELETE FROM property_dictionary AS stored
WHERE stored.property IN (SELECT dictionary_changes.property FROM dictionary_changes)
