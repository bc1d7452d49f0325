-- Counts the days and event names that are marked to be observed.
-- One row.
-- Reads registry_pending.
SELECT COUNT(*) AS units
FROM registry_pending
