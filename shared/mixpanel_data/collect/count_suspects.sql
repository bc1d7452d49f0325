-- Counts the lines whose contents may differ from the stored event in spelling alone. One row. Reads suspects.
SELECT COUNT(*) AS suspects
FROM suspects
