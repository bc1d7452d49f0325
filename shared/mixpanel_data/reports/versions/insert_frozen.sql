-- Adds the version of a frozen segment, unless it is kept already.
-- Grain: one row. Reads and writes segments, after insert_members.sql in the same transaction; a repeat adds nothing.
INSERT INTO segments (name, version, definition, kind, saved_at)
SELECT
  @segment,
  @version,
  PARSE_JSON(@definition, wide_number_mode => 'round'),
  'frozen',
  @saved_at
FROM (SELECT 1)
WHERE
  NOT EXISTS (
    SELECT 1
    FROM segments AS known
    WHERE known.name = @segment AND known.version = @version AND known.kind = 'frozen'
  )
