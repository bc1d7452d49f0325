-- Forgets these definitions, by name. Writes user_metric_definitions.
DELETE FROM user_metric_definitions WHERE name IN UNNEST(@definition_names)
