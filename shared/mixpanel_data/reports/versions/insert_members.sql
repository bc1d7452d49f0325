-- Keeps the members of a frozen segment, unless it is kept already.
-- Grain: one row per member. Reads frozen_members and segments, writes segment_members, before insert_frozen.sql in the
-- same transaction; a repeat adds nothing.
INSERT INTO segment_members (name, version, user_id)
SELECT
  @segment,
  @version,
  member.user_id
FROM frozen_members AS member
WHERE
  NOT EXISTS (
    SELECT 1
    FROM segments AS known
    WHERE known.name = @segment AND known.version = @version AND known.kind = 'frozen'
  )
