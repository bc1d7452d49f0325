-- Lists the metrics that the totals hold and the targets that get them, as the last run applied them.
-- One row per metric or target.
-- Reads user_metric_definitions.
SELECT
  kind,
  name,
  definition
FROM user_metric_definitions
ORDER BY kind, name
