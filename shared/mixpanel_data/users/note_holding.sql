-- Notes what a target holds after a run.
-- One row.
-- Writes user_metric_definitions; a repeat notes the same.
UPDATE user_metric_definitions
SET
  target_place = @place,
  target_rows = @rows
WHERE kind = 'sync' AND name = @definition_name
