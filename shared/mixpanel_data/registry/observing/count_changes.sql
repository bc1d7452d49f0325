-- Counts what is to be published of a part, and how many properties its sampled events have.
-- One row: rows to delete, rows to insert, units that are not marked to be judged, whether the registry counts as judged,
-- sampled events, and properties of these.
-- Reads observation_changes, part_units, member_counts, registry_unjudged and registry_judged.
SELECT
  COUNTIF(is_stored) AS deleted,
  COUNTIF(is_fresh) AS inserted,
  (
    SELECT COUNT(*)
    FROM part_units AS units
    LEFT JOIN registry_unjudged AS unjudged ON unjudged.event_name = units.event_name AND unjudged.day = units.day
    WHERE unjudged.event_name IS NULL
  ) AS unmarked,
  (SELECT COUNTIF(is_complete) FROM registry_judged) AS judged,
  (SELECT COALESCE(SUM(IF(property IS NULL, sampled, 0)), 0) FROM member_counts) AS sampled,
  (SELECT COALESCE(SUM(IF(property IS NULL, 0, sampled)), 0) FROM member_counts) AS members
FROM observation_changes
