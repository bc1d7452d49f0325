-- Says that no event breaks a rule of a scope, where none of the scope is suspected.
-- No row, with the columns of broken_by_events.sql, broken_by_members.sql and broken_by_nested.sql.
-- Materialised under the name of the one that it replaces.
SELECT
  0 AS suspect,
  '' AS version_1,
  '' AS version_2,
  '' AS version_3,
  '' AS version_4,
  '' AS version_5,
  0 AS events,
  TIMESTAMP '1970-01-01 00:00:00+00' AS first_seen,
  TIMESTAMP '1970-01-01 00:00:00+00' AS last_seen,
  CAST([] AS ARRAY<STRING>) AS examples
FROM UNNEST([1]) AS one
WHERE one != 1
