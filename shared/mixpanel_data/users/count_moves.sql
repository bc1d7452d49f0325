-- Counts a part in which totals followed their clusters. Creates part_figures: one row. Reads totals_changes.
SELECT JSON_OBJECT('days', 0, 'users', 0, 'events', 0, 'skipped_values', 0, 'changed', COUNT(*)) AS figures
FROM totals_changes
