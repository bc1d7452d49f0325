-- The changes without the lines that only spell differently what is stored.
-- Materialised as changes, in the place of the former ones. Reads changes and rewritten.
SELECT
  changes.row_id,
  changes.event_id,
  changes.event_name,
  changes.event_timestamp,
  changes.stored_timestamp,
  FALSE AS is_suspect,
  changes.first_copy,
  changes.last_copy
FROM changes
LEFT JOIN rewritten ON rewritten.row_id = changes.row_id
WHERE rewritten.row_id IS NULL
