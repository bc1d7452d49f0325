-- Starts every transaction that adds versions: a change of each row, to what it is. Statements that only insert
-- conflict with nothing on BigQuery, so that two transactions at once would both add the same version; with this, one
-- of them fails and starts again.
-- Writes segments; a repeat changes nothing.
UPDATE segments
SET saved_at = saved_at
WHERE TRUE
