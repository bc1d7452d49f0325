-- Counts bad and good events by their versions; of very many, those with most bad events.
-- One row per change and versions.
-- Reads looked_at.
SELECT number, versions, bad, good
FROM (
  -- One row per change and versions, by rank.
  SELECT
    number,
    versions,
    COUNTIF(is_bad) AS bad,
    COUNTIF(NOT is_bad) AS good,
    ROW_NUMBER() OVER (PARTITION BY number ORDER BY COUNTIF(is_bad) DESC, COUNT(*) DESC, versions) AS place
  FROM looked_at
  WHERE is_counted
  GROUP BY number, versions
) AS ranked
WHERE place <= @most_versions
ORDER BY number, place
