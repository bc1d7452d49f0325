-- Finds the pairs of ids whose links are taken out by hand: by the decisions that this part stores, else by
-- stored ones.
-- One row per unordered pair.
-- Reads identity_decisions. Materialised as split_pairs.
SELECT
  JSON_VALUE(entry, '$.a') AS id_a,
  JSON_VALUE(entry, '$.b') AS id_b
FROM UNNEST(@decided) AS entry
WHERE JSON_VALUE(entry, '$.decision') = 'split'
UNION ALL
SELECT
  decisions.id_a,
  decisions.id_b
FROM identity_decisions AS decisions
WHERE
  decisions.decision = 'split'
  AND NOT EXISTS (
    SELECT 1
    FROM UNNEST(@decided) AS entry
    WHERE JSON_VALUE(entry, '$.a') = decisions.id_a AND JSON_VALUE(entry, '$.b') = decisions.id_b
  )
