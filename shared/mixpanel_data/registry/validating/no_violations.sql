-- The violations of a part whose events can break no rule.
-- No row, with the columns of fresh_violations.sql.
-- Materialised as fresh_violations.
SELECT
  DATE '1970-01-01' AS day,
  '' AS event_name,
  '' AS property,
  '' AS path,
  '' AS rule,
  '' AS expected,
  0 AS events,
  FALSE AS is_sampled,
  TIMESTAMP '1970-01-01 00:00:00+00' AS first_seen,
  TIMESTAMP '1970-01-01 00:00:00+00' AS last_seen,
  CAST([] AS ARRAY<STRING>) AS examples,
  PARSE_JSON('{}') AS versions
FROM UNNEST([1]) AS one
WHERE one != 1
