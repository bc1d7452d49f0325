-- Computes the new totals of everybody whose contributions changed, from the stored totals and the changes alone.
-- _is_dirty: that is not enough, because the event that a total stands on (the first, the last, or the newest with a
-- property) is gone from its day, and others are left; recomputed.sql.jinja then reads all contributions of that user,
-- which lie between first_event_time and last_event_time.
-- One row per user, or per cluster where totals are kept by cluster.
-- Reads daily_changes, user_clusters and user_insights. Materialised as key_changes; without changes it has no row.
WITH
  -- One row per user or cluster: the changes of all its days and ids together.
  steps AS (
    SELECT
      COALESCE(clusters.cluster_id, changes.distinct_id) AS distinct_id,
      SUM(changes._total_copies_step) AS _total_copies_step,
      SUM(changes._gold_deposits_step) AS _gold_deposits_step,
      ANY_VALUE(STRUCT(changes.plan AS value) HAVING MAX changes.plan_place).value
        AS plan,
      MAX(changes.plan_place) AS plan_place,
      MAX(changes._plan_stored_place) AS _plan_stored_place,
      ANY_VALUE(STRUCT(changes.deposit_count AS value) HAVING MAX changes.deposit_count_place).value
        AS deposit_count,
      MAX(changes.deposit_count_place) AS deposit_count_place,
      MAX(changes._deposit_count_stored_place) AS _deposit_count_stored_place,
      ANY_VALUE(STRUCT(changes.linked_bank AS value) HAVING MAX changes.linked_bank_place).value
        AS linked_bank,
      MAX(changes.linked_bank_place) AS linked_bank_place,
      MAX(changes._linked_bank_stored_place) AS _linked_bank_stored_place,
      ANY_VALUE(STRUCT(changes.buying_power AS value) HAVING MAX changes.buying_power_place).value
        AS buying_power,
      MAX(changes.buying_power_place) AS buying_power_place,
      MAX(changes._buying_power_stored_place) AS _buying_power_stored_place,
      ANY_VALUE(STRUCT(changes.trial_ends_at AS value) HAVING MAX changes.trial_ends_at_place).value
        AS trial_ends_at,
      MAX(changes.trial_ends_at_place) AS trial_ends_at_place,
      MAX(changes._trial_ends_at_stored_place) AS _trial_ends_at_stored_place,
      SUM(changes._events_processed_step) AS _events_processed_step,
      MIN(changes.first_event_time) AS first_event_time,
      MIN(changes._stored_first_event_time) AS _stored_first_event_time,
      MAX(changes.last_event_time) AS last_event_time,
      MAX(changes._stored_last_event_time) AS _stored_last_event_time
    FROM daily_changes AS changes
    LEFT JOIN user_clusters AS clusters ON clusters.distinct_id = changes.distinct_id
    GROUP BY COALESCE(clusters.cluster_id, changes.distinct_id)
  )
SELECT
  steps.distinct_id,
  COALESCE(totals.events_processed, 0) + steps._events_processed_step > 0
  AND (
    COALESCE(
      totals.first_event_time = steps._stored_first_event_time
      AND (steps.first_event_time IS NULL OR steps.first_event_time > steps._stored_first_event_time),
      FALSE
    )
    OR COALESCE(
      totals.last_event_time = steps._stored_last_event_time
      AND (steps.last_event_time IS NULL OR steps.last_event_time < steps._stored_last_event_time),
      FALSE
    )
    OR COALESCE(
      totals.plan_place = steps._plan_stored_place
      AND (steps.plan_place IS NULL OR steps.plan_place < steps._plan_stored_place),
      FALSE
    )
    OR COALESCE(
      totals.deposit_count_place = steps._deposit_count_stored_place
      AND (steps.deposit_count_place IS NULL OR steps.deposit_count_place < steps._deposit_count_stored_place),
      FALSE
    )
    OR COALESCE(
      totals.linked_bank_place = steps._linked_bank_stored_place
      AND (steps.linked_bank_place IS NULL OR steps.linked_bank_place < steps._linked_bank_stored_place),
      FALSE
    )
    OR COALESCE(
      totals.buying_power_place = steps._buying_power_stored_place
      AND (steps.buying_power_place IS NULL OR steps.buying_power_place < steps._buying_power_stored_place),
      FALSE
    )
    OR COALESCE(
      totals.trial_ends_at_place = steps._trial_ends_at_stored_place
      AND (steps.trial_ends_at_place IS NULL OR steps.trial_ends_at_place < steps._trial_ends_at_stored_place),
      FALSE
    )
  ) AS _is_dirty,
  COALESCE(totals.total_copies, 0) + steps._total_copies_step AS total_copies,
  COALESCE(totals.gold_deposits, 0) + steps._gold_deposits_step AS gold_deposits,
  IF(
    steps.plan_place >= COALESCE(totals.plan_place, ''),
    steps.plan,
    totals.plan
  ) AS plan,
  IF(
    steps.plan_place >= COALESCE(totals.plan_place, ''),
    steps.plan_place,
    totals.plan_place
  ) AS plan_place,
  IF(
    steps.deposit_count_place >= COALESCE(totals.deposit_count_place, ''),
    steps.deposit_count,
    totals.deposit_count
  ) AS deposit_count,
  IF(
    steps.deposit_count_place >= COALESCE(totals.deposit_count_place, ''),
    steps.deposit_count_place,
    totals.deposit_count_place
  ) AS deposit_count_place,
  IF(
    steps.linked_bank_place >= COALESCE(totals.linked_bank_place, ''),
    steps.linked_bank,
    totals.linked_bank
  ) AS linked_bank,
  IF(
    steps.linked_bank_place >= COALESCE(totals.linked_bank_place, ''),
    steps.linked_bank_place,
    totals.linked_bank_place
  ) AS linked_bank_place,
  IF(
    steps.buying_power_place >= COALESCE(totals.buying_power_place, ''),
    steps.buying_power,
    totals.buying_power
  ) AS buying_power,
  IF(
    steps.buying_power_place >= COALESCE(totals.buying_power_place, ''),
    steps.buying_power_place,
    totals.buying_power_place
  ) AS buying_power_place,
  IF(
    steps.trial_ends_at_place >= COALESCE(totals.trial_ends_at_place, ''),
    steps.trial_ends_at,
    totals.trial_ends_at
  ) AS trial_ends_at,
  IF(
    steps.trial_ends_at_place >= COALESCE(totals.trial_ends_at_place, ''),
    steps.trial_ends_at_place,
    totals.trial_ends_at_place
  ) AS trial_ends_at_place,
  COALESCE(totals.events_processed, 0) + steps._events_processed_step AS events_processed,
  LEAST(
    COALESCE(totals.first_event_time, steps.first_event_time), COALESCE(steps.first_event_time, totals.first_event_time)
  ) AS first_event_time,
  GREATEST(
    COALESCE(totals.last_event_time, steps.last_event_time), COALESCE(steps.last_event_time, totals.last_event_time)
  ) AS last_event_time
FROM steps
LEFT JOIN user_insights AS totals ON totals.distinct_id = steps.distinct_id
