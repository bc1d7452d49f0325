-- Ends the membership of ids whose cluster changes.
-- One row per id. The age stands for the id: no two ids have the same, it never changes, and numbers join faster. IN, not
-- a join: DuckDB updates many times faster in the order of the table.
-- Reads member_changes. Writes identity_members; a repeat finds none.
UPDATE identity_members AS members
SET until = @finished_at
WHERE
  members.until IS NULL
  AND members.age IN (SELECT changes.age FROM member_changes AS changes WHERE changes.old_age IS NOT NULL)
