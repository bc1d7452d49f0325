-- Counts what becomes of changes. One row per effect.
-- Reads change_effects.
SELECT effect, COUNT(*) AS changes
FROM change_effects
GROUP BY effect
