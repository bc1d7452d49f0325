-- Lists the changes of some events that hold, of their properties and of the events themselves, and whether observations
-- that their evidence rests on changed: those of the 30 days before a change, and of its first three days.
-- One row per change.
-- Reads batch_names, registry_unjudged and schema_changes.
SELECT
  changes.change_id,
  changes.day,
  changes.kind,
  changes.event_name,
  changes.property,
  changes.path,
  changes.before,
  changes.after,
  LOGICAL_OR(
    marked.day = @all_days
    OR (marked.day >= DATE_SUB(changes.day, INTERVAL 30 DAY) AND marked.day <= DATE_ADD(changes.day, INTERVAL 2 DAY))
  ) AS is_touched
FROM schema_changes AS changes
INNER JOIN batch_names ON batch_names.event_name = changes.event_name
INNER JOIN registry_unjudged AS marked ON marked.event_name = changes.event_name
WHERE changes.retracted_at IS NULL
GROUP BY
  changes.change_id,
  changes.day,
  changes.kind,
  changes.event_name,
  changes.property,
  changes.path,
  changes.before,
  changes.after
