-- The members of a frozen segment.
-- Grain: one row per member. Reads segment_members.
SELECT DISTINCT user_id
FROM segment_members
WHERE name = @segment AND version = @version
ORDER BY user_id
