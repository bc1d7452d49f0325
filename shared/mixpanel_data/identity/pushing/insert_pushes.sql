-- Stores what became of the pairs that Mixpanel was asked to merge.
-- One row per pair, from a JSON object each; a refused one has a message.
-- Writes identity_pushes. A repeat would add the rows again: only a run that is alone sends pairs, and it sends those
-- that unpushed_pairs.sql lists.
INSERT INTO identity_pushes (id_a, id_b, link_no, insert_id, status, message, pushed_at, run_id)
SELECT
  JSON_VALUE(outcome, '$.id_a') AS id_a,
  JSON_VALUE(outcome, '$.id_b') AS id_b,
  CAST(JSON_VALUE(outcome, '$.link_no') AS INT64) AS link_no,
  JSON_VALUE(outcome, '$.insert_id') AS insert_id,
  IF(JSON_VALUE(outcome, '$.message') IS NULL, 'sent', 'refused') AS status,
  JSON_VALUE(outcome, '$.message') AS message,
  @pushed_at AS pushed_at,
  @run_id AS run_id
FROM UNNEST(@outcomes) AS outcome
