-- Finds the texts in which a pattern finds no match; each of @given is a JSON object with text, pattern and a number.
-- One row per such text, by its number. Reads no table.
SELECT CAST(JSON_VALUE(given, '$.number') AS INT64) AS number
FROM UNNEST(@given) AS given
WHERE NOT REGEXP_CONTAINS(JSON_VALUE(given, '$.text'), JSON_VALUE(given, '$.pattern'))
ORDER BY number
