-- Finds the decision by hand about two ids.
-- One row at most.
-- Reads identity_decisions.
SELECT decision, origin
FROM identity_decisions
WHERE id_a = LEAST(@a, @b) AND id_b = GREATEST(@a, @b)
