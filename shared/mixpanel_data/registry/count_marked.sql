-- Counts at the days and event names that are marked already which of their events changed since, by the arrivals after
-- @handled_seq up to @newest_seq.
-- One row per UTC day and event name.
-- Reads event_arrivals from @arrived_since on. Writes registry_pending, in the transaction that notes @newest_seq.
UPDATE registry_pending AS pending
SET changes = pending.changes + arrived.changes
FROM (
  -- One row per UTC day and event name.
  SELECT
    day,
    event_name,
    SUM(inserted + updated + deleted) AS changes
  FROM event_arrivals
  WHERE arrived_at >= @arrived_since AND seq > @handled_seq AND seq <= @newest_seq
  GROUP BY day, event_name
) AS arrived
WHERE arrived.day = pending.day AND arrived.event_name = pending.event_name
