-- Adds the violations that are new, and those that changed as they are now.
-- One row per day, event name, property, path, rule and what it expects.
-- Writes schema_violations, after delete_violations.sql in the same transaction; reads violation_changes.
INSERT INTO schema_violations (
  day, event_name, property, path, rule, expected, events, is_sampled, first_seen, last_seen, examples, versions
)
SELECT
  day, event_name, property, path, rule, expected, events, is_sampled, first_seen, last_seen, examples, versions
FROM violation_changes
WHERE NOT is_gone
