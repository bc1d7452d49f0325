-- Stores new changes. One row per change.
-- Reads change_effects. Writes schema_changes; a repeat finds none.
INSERT INTO schema_changes (
  change_id, day, kind, event_name, property, path, before, after, is_breaking, evidence, detected_at, retracted_at,
  run_id
)
SELECT
  change_id,
  day,
  kind,
  event_name,
  property,
  path,
  before,
  after,
  is_breaking,
  evidence,
  @started_at AS detected_at,
  CAST(NULL AS TIMESTAMP) AS retracted_at,
  @run_id AS run_id
FROM change_effects
WHERE effect = 'insert'
