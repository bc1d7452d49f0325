-- How many lines may differ from what is stored only in how they are written. One row. Reads suspects.
SELECT COUNT(*) AS suspects
FROM suspects
