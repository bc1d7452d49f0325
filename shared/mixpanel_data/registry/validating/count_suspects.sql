-- Counts the suspected rules by scope.
-- One row.
-- Reads suspected_rules.
SELECT
  COUNTIF(scope = 'event') AS of_events,
  COUNTIF(scope = 'member') AS of_members,
  COUNTIF(scope = 'nested') AS nested
FROM suspected_rules
