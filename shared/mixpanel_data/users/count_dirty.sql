-- Counts the users and clusters whose totals have to be recomputed.
-- One row.
-- Reads key_changes.
SELECT COUNTIF(_is_dirty) AS users
FROM key_changes
