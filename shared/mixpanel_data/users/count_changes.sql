-- Counts what a part changes, so that statements that would change nothing are left out: contributions, and totals that
-- have to be recomputed (dirty, from the first to the last day that they may stand on).
-- One row; the days are NULL where nobody is dirty.
-- Reads daily_changes and key_changes.
SELECT
  daily.gone_days,
  daily.changed_days,
  daily.new_days,
  totals.dirty_totals,
  totals.dirty_from,
  totals.dirty_to
FROM (
  -- One row.
  SELECT
    COUNTIF(_is_gone) AS gone_days,
    COUNTIF(NOT _is_gone AND NOT _is_new) AS changed_days,
    COUNTIF(_is_new) AS new_days
  FROM daily_changes
) AS daily
CROSS JOIN (
  -- One row.
  SELECT
    COUNTIF(_is_dirty) AS dirty_totals,
    MIN(IF(_is_dirty, DATE(first_event_time), NULL)) AS dirty_from,
    MAX(IF(_is_dirty, DATE(last_event_time), NULL)) AS dirty_to
  FROM key_changes
) AS totals
