-- Counts what a part did that moved totals to other clusters: the changed totals alone. Notes with them how far the part
-- has followed the clusters, for followed.sql.
-- One row.
-- Reads totals_changes. Creates part_figures, in the transaction that publishes the part.
SELECT
  JSON_OBJECT(
    'days', 0,
    'users', 0,
    'events', 0,
    'skipped_values', 0,
    'changed', COUNT(*),
    'position_number', @position_number,
    'members_checksum', @checksum
  ) AS figures
FROM totals_changes
