-- Sums up what the events of a part break: rows as they should stand in schema_violations.
-- One row per day, event name, property, path, rule and what it expects.
-- Reads suspected_rules, part_units and broken_rules. Materialised as fresh_violations.
WITH
  -- One row per broken rule.
  totals AS (
    SELECT suspect, SUM(events) AS events, MIN(first_seen) AS first_seen, MAX(last_seen) AS last_seen
    FROM broken_rules
    GROUP BY suspect
  ),
  -- One row per broken rule.
  exemplified AS (
    SELECT suspect, ARRAY_AGG(example ORDER BY example LIMIT 3) AS examples
    FROM broken_rules AS broken
    CROSS JOIN UNNEST(broken.examples) AS example
    GROUP BY suspect
  ),
  -- One row per broken rule, version property and version.
  counted AS (
    SELECT broken.suspect, sender.name, sender.version, SUM(broken.events) AS events
    FROM broken_rules AS broken
    CROSS JOIN
      UNNEST(
        [
          STRUCT(@version_1 AS name, broken.version_1 AS version),
          STRUCT(@version_2, broken.version_2),
          STRUCT(@version_3, broken.version_3),
          STRUCT(@version_4, broken.version_4),
          STRUCT(@version_5, broken.version_5)
        ]
      ) AS sender
    WHERE sender.version IS NOT NULL
    GROUP BY broken.suspect, sender.name, sender.version
  ),
  -- One row per broken rule and version property.
  listed AS (
    SELECT
      suspect,
      name,
      STRING_AGG(CONCAT(TO_JSON_STRING(version), ':', CAST(events AS STRING)), ',' ORDER BY version) AS versions
    FROM counted
    GROUP BY suspect, name
  ),
  -- One row per broken rule.
  versioned AS (
    SELECT
      suspect,
      STRING_AGG(CONCAT(TO_JSON_STRING(name), ':{', versions, '}'), ',' ORDER BY name) AS versions
    FROM listed
    GROUP BY suspect
  )
SELECT
  units.day,
  units.event_name,
  suspects.property,
  suspects.path,
  suspects.rule,
  suspects.expected,
  totals.events,
  suspects.scope = 'nested' AS is_sampled,
  totals.first_seen,
  totals.last_seen,
  exemplified.examples,
  PARSE_JSON(CONCAT('{', COALESCE(versioned.versions, ''), '}')) AS versions
FROM totals
INNER JOIN suspected_rules AS suspects ON suspects.suspect = totals.suspect
INNER JOIN part_units AS units ON units.unit = suspects.unit
INNER JOIN exemplified ON exemplified.suspect = totals.suspect
LEFT JOIN versioned ON versioned.suspect = totals.suspect
