-- Whether totals have to be computed anew. One row. Reads key_changes.
SELECT COUNTIF(_is_dirty) AS users
FROM key_changes
