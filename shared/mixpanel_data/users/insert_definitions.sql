-- Stores the definitions that this run applies.
-- One row per metric or target, from a JSON object each.
-- Writes user_metric_definitions, after delete_definitions.sql in the same transaction.
INSERT INTO user_metric_definitions (kind, name, definition)
SELECT
  JSON_VALUE(applied, '$.kind') AS kind,
  JSON_VALUE(applied, '$.name') AS name,
  JSON_VALUE(applied, '$.definition') AS definition
FROM UNNEST(@definitions) AS applied
