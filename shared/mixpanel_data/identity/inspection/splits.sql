-- Finds when, and by whom, links between some ids were taken out of the graph, the latest decision last.
-- One row per decision.
-- Reads identity_decisions.
SELECT
  id_a,
  id_b,
  origin,
  decided_at
FROM identity_decisions
WHERE decision = 'split' AND id_a IN UNNEST(@ids) AND id_b IN UNNEST(@ids)
ORDER BY decided_at, run_id
