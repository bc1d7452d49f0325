-- Ends the membership of ids whose cluster changes.
-- One row per id. The age stands for the id: no two ids have the same, it never changes, and numbers join faster.
-- Reads member_changes. Writes identity_members; a repeat finds none.
UPDATE identity_members AS members
SET until = @finished_at
FROM member_changes AS changes
WHERE changes.age = members.age AND members.until IS NULL
