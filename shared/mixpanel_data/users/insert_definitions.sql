-- Writes down what is applied now. Writes user_metric_definitions.
INSERT INTO user_metric_definitions (kind, name, definition)
SELECT JSON_VALUE(one, '$.kind') AS kind, JSON_VALUE(one, '$.name') AS name, JSON_VALUE(one, '$.definition') AS definition
FROM UNNEST(@definitions) AS one
