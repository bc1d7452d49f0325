-- Lists the changes of events themselves that hold. One row per change.
-- Reads schema_changes.
SELECT change_id
FROM schema_changes
WHERE property IS NULL AND retracted_at IS NULL
