-- How many members are about to be kept: neither engine promises that every line became a row.
-- Grain: one row. Reads frozen_members.
SELECT COUNT(user_id) AS members
FROM frozen_members
