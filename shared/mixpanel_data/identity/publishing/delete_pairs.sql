-- Takes out pairs that no longer join clusters.
-- One row per pair.
-- Reads pair_changes. Writes identity_permutations; a repeat finds none.
DELETE FROM identity_permutations AS pairs
WHERE pairs.link_no IN (SELECT pair_changes.link_no FROM pair_changes WHERE pair_changes.is_gone)
