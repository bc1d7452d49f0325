-- Removes the marks of units that were observed.
-- One row per UTC day and event name.
-- Reads part_units. Writes registry_pending, in the transaction that publishes the units; a repeat finds none.
DELETE FROM registry_pending AS pending
WHERE
  EXISTS (SELECT 1 FROM part_units AS units WHERE units.day = pending.day AND units.event_name = pending.event_name)
