-- Puts together what events break as a whole, by a property, and below one.
-- One row per suspected rule and versions of the sender, where at least one event breaks it.
-- Reads broken_by_events, broken_by_members and broken_by_nested. Materialised as broken_rules.
SELECT suspect, version_1, version_2, version_3, version_4, version_5, events, first_seen, last_seen, examples
FROM broken_by_events
UNION ALL
SELECT suspect, version_1, version_2, version_3, version_4, version_5, events, first_seen, last_seen, examples
FROM broken_by_members
UNION ALL
SELECT suspect, version_1, version_2, version_3, version_4, version_5, events, first_seen, last_seen, examples
FROM broken_by_nested
