-- Lists the changes that a run found. One row per change, in order of day, event name, property and path.
-- Reads schema_changes.
SELECT day, kind, event_name, property, path, before, after, is_breaking
FROM schema_changes
WHERE run_id = @run_id AND detected_at = @started_at
ORDER BY day, event_name, property, path, kind, change_id
