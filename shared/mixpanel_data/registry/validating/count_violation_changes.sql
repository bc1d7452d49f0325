-- Counts the rows of schema_violations that a part deletes and inserts.
-- One row. A row that changes is deleted and inserted.
-- Reads violation_changes.
SELECT
  COUNTIF(was_stored) AS deleted,
  COUNTIF(NOT is_gone) AS inserted
FROM violation_changes
