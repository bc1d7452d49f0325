-- Stores the entries of the tracking plan that this run applies.
-- One row per event name, from a JSON object each.
-- Writes registry_plan_entries, after delete_plan_entries.sql in the same transaction.
INSERT INTO registry_plan_entries (event_name, definition, applied_at)
SELECT
  JSON_VALUE(entry, '$.event_name') AS event_name,
  JSON_VALUE(entry, '$.definition') AS definition,
  @started_at AS applied_at
FROM UNNEST(@plan_entries) AS entry
