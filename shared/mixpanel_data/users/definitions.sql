-- What the tables of users hold, and who gets them: as last applied. One row each. Reads user_metric_definitions.
SELECT kind, name, definition
FROM user_metric_definitions
ORDER BY kind, name
