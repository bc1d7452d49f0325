-- Counts the stored links that have to be judged anew.
-- One row.
-- Reads reopened.
SELECT COUNT(*) AS links
FROM reopened
