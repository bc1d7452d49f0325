-- Retracts changes that no longer follow from the observations. One row per change.
-- Reads change_effects. Writes schema_changes; a repeat finds none.
UPDATE schema_changes
SET retracted_at = @started_at
WHERE
  retracted_at IS NULL
  AND change_id IN (SELECT effects.change_id FROM change_effects AS effects WHERE effects.effect = 'retract')
