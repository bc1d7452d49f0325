-- Computes the totals of dirty users and clusters from all their contributions, which are on days from @dirty_from to
-- @dirty_to: BigQuery bills every day in between.
-- One row per dirty user or cluster that has contributions.
-- Reads key_changes, user_clusters and user_daily_metrics on these days. Materialised as recomputed; a repeat computes
-- the same rows.
SELECT
  COALESCE(clusters.cluster_id, daily.distinct_id) AS distinct_id,
  COALESCE(SUM(daily.total_copies), 0) AS total_copies,
  COALESCE(SUM(daily.gold_deposits), 0) AS gold_deposits,
  ANY_VALUE(STRUCT(daily.plan AS value) HAVING MAX daily.plan_place).value AS plan,
  MAX(daily.plan_place) AS plan_place,
  ANY_VALUE(STRUCT(daily.deposit_count AS value) HAVING MAX daily.deposit_count_place).value AS deposit_count,
  MAX(daily.deposit_count_place) AS deposit_count_place,
  ANY_VALUE(STRUCT(daily.linked_bank AS value) HAVING MAX daily.linked_bank_place).value AS linked_bank,
  MAX(daily.linked_bank_place) AS linked_bank_place,
  ANY_VALUE(STRUCT(daily.buying_power AS value) HAVING MAX daily.buying_power_place).value AS buying_power,
  MAX(daily.buying_power_place) AS buying_power_place,
  ANY_VALUE(STRUCT(daily.trial_ends_at AS value) HAVING MAX daily.trial_ends_at_place).value AS trial_ends_at,
  MAX(daily.trial_ends_at_place) AS trial_ends_at_place,
  SUM(daily.events_processed) AS events_processed,
  MIN(daily.first_event_time) AS first_event_time,
  MAX(daily.last_event_time) AS last_event_time
FROM user_daily_metrics AS daily
LEFT JOIN user_clusters AS clusters ON clusters.distinct_id = daily.distinct_id
WHERE
  daily.day >= @dirty_from
  AND daily.day <= @dirty_to
  AND COALESCE(clusters.cluster_id, daily.distinct_id) IN (SELECT distinct_id FROM key_changes WHERE _is_dirty)
GROUP BY COALESCE(clusters.cluster_id, daily.distinct_id)
