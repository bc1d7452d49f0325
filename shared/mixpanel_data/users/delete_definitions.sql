-- Removes definitions by name: of metrics that are no longer configured, and those that are about to be stored anew.
-- One row per metric or target.
-- Writes user_metric_definitions; a repeat finds none.
DELETE FROM user_metric_definitions
WHERE name IN UNNEST(@definition_names)
