-- Tells whether any day and event name is marked to be observed.
-- One row if so, otherwise none.
-- Reads registry_pending.
SELECT 1 AS one
FROM registry_pending
LIMIT 1
