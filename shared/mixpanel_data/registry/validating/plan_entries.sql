-- Reads the entries of the tracking plan that violations were counted by.
-- One row per event name, and one for * with the rules that concern all events.
-- Reads registry_plan_entries.
SELECT
  event_name,
  definition
FROM registry_plan_entries
