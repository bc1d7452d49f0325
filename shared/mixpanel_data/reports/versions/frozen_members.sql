-- The members that are about to be kept, from a line each: the id as a JSON string.
-- Grain: one row per member. Reads staged_lines.
SELECT JSON_VALUE(line, '$') AS user_id
FROM staged_lines
