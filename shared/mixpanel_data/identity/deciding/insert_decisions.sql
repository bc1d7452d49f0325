-- Stores decisions about pairs of ids.
-- One row per pair.
-- Writes identity_decisions, after delete_decisions.sql in the same transaction; a repeat stores the same
-- with its own decided_at and run_id.
INSERT INTO identity_decisions (id_a, id_b, decision, origin, decided_at, run_id)
SELECT
  JSON_VALUE(entry, '$.a') AS id_a,
  JSON_VALUE(entry, '$.b') AS id_b,
  JSON_VALUE(entry, '$.decision') AS decision,
  JSON_VALUE(entry, '$.origin') AS origin,
  @finished_at AS decided_at,
  @run_id AS run_id
FROM UNNEST(@decided) AS entry
