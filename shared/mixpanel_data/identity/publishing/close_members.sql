-- Ends the membership of ids whose cluster changes.
-- One row per id.
-- Reads member_changes. Writes identity_members; a repeat finds none.
UPDATE identity_members AS members
SET until = @finished_at
FROM member_changes AS changes
WHERE changes.id = members.id AND members.until IS NULL
