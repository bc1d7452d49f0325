-- Marks the units of a part to be judged: also those whose observations did not change, because the evidence of changes
-- names events, and other events can have the same observations.
-- One row per event name and UTC day.
-- Reads part_units. Writes registry_unjudged; a repeat adds no row, because a unit is marked once.
INSERT INTO registry_unjudged (event_name, day, marked_at)
SELECT
  units.event_name,
  units.day,
  @started_at AS marked_at
FROM part_units AS units
WHERE NOT EXISTS (
  SELECT 1
  FROM registry_unjudged AS unjudged
  WHERE unjudged.event_name = units.event_name AND unjudged.day = units.day
)
