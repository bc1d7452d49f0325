-- Adds the pairs that join clusters now, the elder id first.
-- One row per pair.
-- Reads pair_changes. Writes identity_permutations; a repeat finds none.
INSERT INTO identity_permutations (cluster_id, ids, link_no, linked_at, inserted_at)
SELECT
  cluster_id,
  IF(younger IS NULL, [elder], [elder, younger]) AS ids,
  link_no,
  linked_at,
  @finished_at AS inserted_at
FROM pair_changes
WHERE NOT is_gone
