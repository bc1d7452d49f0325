-- Counts a part from what is staged and what changed: received = inserted + updated + duplicates + rejected + filtered.
-- Creates part_figures: one row. Reads incoming and changes.
SELECT
  JSON_OBJECT(
    'received', lines.received,
    'inserted', published.inserted,
    'updated', published.updated,
    'duplicates', lines.wanted - published.inserted - published.updated,
    'rejected', lines.rejected,
    'filtered', lines.received - lines.wanted - lines.rejected,
    'bytes', @bytes
  ) AS figures
FROM (
  -- One row.
  SELECT COUNT(*) AS received, COUNTIF(is_wanted) AS wanted, COUNTIF(reason IS NOT NULL) AS rejected
  FROM incoming
) AS lines
CROSS JOIN (
  -- One row.
  SELECT COUNTIF(stored_timestamp IS NULL) AS inserted, COUNTIF(stored_timestamp IS NOT NULL) AS updated
  FROM changes
) AS published
