-- Removes entries of the tracking plan by name: those that are gone, and those that are about to be stored anew.
-- One row per event name.
-- Writes registry_plan_entries; a repeat finds none.
DELETE FROM registry_plan_entries
WHERE event_name IN UNNEST(@plan_names)
