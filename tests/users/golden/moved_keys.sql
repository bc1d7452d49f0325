-- Lists the users and clusters that ids moved from or to: all their totals are recomputed, so that the other columns of
-- key_changes are empty.
-- One row per user or cluster.
-- Reads moved_ids. Materialised as key_changes; when the ids have moved, a repeat finds none.
SELECT DISTINCT
  moved.distinct_id,
  TRUE AS _is_dirty,
  CAST(NULL AS INT64) AS total_copies,
  CAST(NULL AS NUMERIC) AS gold_deposits,
  CAST(NULL AS STRING) AS plan,
  CAST(NULL AS INT64) AS deposit_count,
  CAST(NULL AS BOOL) AS linked_bank,
  CAST(NULL AS NUMERIC) AS buying_power,
  CAST(NULL AS TIMESTAMP) AS trial_ends_at,
  CAST(NULL AS STRING) AS plan_place,
  CAST(NULL AS STRING) AS deposit_count_place,
  CAST(NULL AS STRING) AS linked_bank_place,
  CAST(NULL AS STRING) AS buying_power_place,
  CAST(NULL AS STRING) AS trial_ends_at_place,
  CAST(NULL AS INT64) AS events_processed,
  CAST(NULL AS TIMESTAMP) AS first_event_time,
  CAST(NULL AS TIMESTAMP) AS last_event_time
FROM (
  -- Two rows per id: the user or cluster that it counted for, and that it counts for now.
  SELECT COALESCE(applied_cluster, distinct_id) AS distinct_id
  FROM moved_ids
  UNION ALL
  SELECT COALESCE(current_cluster, distinct_id) AS distinct_id
  FROM moved_ids
) AS moved
