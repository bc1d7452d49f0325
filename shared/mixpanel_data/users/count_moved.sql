-- How many ids moved. One row. Reads moved_ids.
SELECT COUNT(*) AS ids
FROM moved_ids
