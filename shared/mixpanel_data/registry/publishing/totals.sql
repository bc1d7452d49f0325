-- Counts what the registry has. One row.
-- Reads event_registry, event_properties and schema_violations.
SELECT events.events, properties.properties, violations.violations
FROM (
  -- One row.
  SELECT COUNT(*) AS events
  FROM event_registry
) AS events
CROSS JOIN (
  -- One row.
  SELECT COUNT(*) AS properties
  FROM event_properties
  WHERE path = ''
) AS properties
CROSS JOIN (
  -- One row.
  SELECT COUNT(*) AS violations
  FROM schema_violations
) AS violations
