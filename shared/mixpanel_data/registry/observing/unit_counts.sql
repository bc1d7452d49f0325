-- Counts the events of the units of a part.
-- One row per unit that has events.
-- Reads part_units, and mixpanel_events in [@from_time, @to_time) only. Materialised as unit_counts.
SELECT
  units.unit,
  COUNT(*) AS events,
  COUNTIF(COALESCE(events.event_id < units.sample_bound, TRUE)) AS sampled,
  MIN(events.event_timestamp) AS first_seen,
  MAX(events.event_timestamp) AS last_seen
FROM mixpanel_events AS events
INNER JOIN part_units AS units
  ON units.day = DATE(events.event_timestamp) AND units.event_name = events.event_name
WHERE events.event_timestamp >= @from_time AND events.event_timestamp < @to_time
GROUP BY units.unit
