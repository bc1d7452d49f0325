-- Finds the name of a property by its SHA-256 in lower-case hex. One row, none if no property has it.
-- Reads property_dictionary.
SELECT property AS name
FROM property_dictionary
WHERE TO_HEX(SHA256(property)) = @name_hash
