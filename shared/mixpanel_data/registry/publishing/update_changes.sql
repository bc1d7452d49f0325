-- Restores changes that follow again, and stores new evidence. One row per change.
-- Reads change_effects. Writes schema_changes; a repeat changes none.
UPDATE schema_changes AS stored
SET retracted_at = NULL, evidence = COALESCE(effects.evidence, stored.evidence)
FROM change_effects AS effects
WHERE effects.effect = 'update' AND effects.change_id = stored.change_id
