-- Counts what a part did: the days that it computed, their users, events and skipped values, and the changed totals.
-- One row.
-- Reads fresh_daily and totals_changes. Creates part_figures, in the transaction that publishes the part.
SELECT
  JSON_OBJECT(
    'days', ARRAY_LENGTH(@days),
    'users', daily.users,
    'events', daily.events,
    'skipped_values', daily.skipped_values,
    'changed', totals.users
  ) AS figures
FROM (
  -- One row.
  SELECT
    COUNT(DISTINCT distinct_id) AS users,
    COALESCE(SUM(events_processed), 0) AS events,
    COALESCE(SUM(_skipped_values), 0) AS skipped_values
  FROM fresh_daily
) AS daily
CROSS JOIN (
  -- One row.
  SELECT COUNT(*) AS users
  FROM totals_changes
) AS totals
