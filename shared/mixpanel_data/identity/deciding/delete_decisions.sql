-- Removes earlier decisions about the pairs that are decided anew.
-- One row per pair.
-- Writes identity_decisions, before insert_decisions.sql in the same transaction.
DELETE FROM identity_decisions AS decisions
WHERE EXISTS (
  SELECT 1
  FROM UNNEST(@decided) AS entry
  WHERE
    JSON_VALUE(entry, '$.a') = decisions.id_a
    AND JSON_VALUE(entry, '$.b') = decisions.id_b
)
