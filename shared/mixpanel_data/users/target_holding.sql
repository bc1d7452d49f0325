-- Finds what a target held after the last run that sent it users; NULLs before the first.
-- One row, or none.
-- Reads user_metric_definitions.
SELECT
  target_place,
  target_rows
FROM user_metric_definitions
WHERE kind = 'sync' AND name = @definition_name
