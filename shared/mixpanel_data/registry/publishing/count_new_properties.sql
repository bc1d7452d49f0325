-- Counts the properties of events that the registry does not have yet, without the paths below them. One row.
-- Reads property_changes.
SELECT COUNTIF(is_new AND path = '') AS new_properties
FROM property_changes
