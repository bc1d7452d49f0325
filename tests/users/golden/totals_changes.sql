-- Finds the totals that differ from those that are stored: new, changed, or (_is_gone) of somebody without events.
-- One row per user or cluster.
-- Reads key_changes, recomputed and user_insights. Materialised as totals_changes; after its changes were published, a
-- repeat finds none.
WITH
  -- One row per user or cluster whose contributions changed, with the new totals.
  totals AS (
    SELECT
      keys.distinct_id,
      IF(keys._is_dirty, recomputed.total_copies, keys.total_copies) AS total_copies,
      IF(keys._is_dirty, recomputed.gold_deposits, keys.gold_deposits) AS gold_deposits,
      IF(keys._is_dirty, recomputed.plan, keys.plan) AS plan,
      IF(keys._is_dirty, recomputed.deposit_count, keys.deposit_count) AS deposit_count,
      IF(keys._is_dirty, recomputed.linked_bank, keys.linked_bank) AS linked_bank,
      IF(keys._is_dirty, recomputed.buying_power, keys.buying_power) AS buying_power,
      IF(keys._is_dirty, recomputed.trial_ends_at, keys.trial_ends_at) AS trial_ends_at,
      IF(keys._is_dirty, recomputed.plan_place, keys.plan_place) AS plan_place,
      IF(keys._is_dirty, recomputed.deposit_count_place, keys.deposit_count_place) AS deposit_count_place,
      IF(keys._is_dirty, recomputed.linked_bank_place, keys.linked_bank_place) AS linked_bank_place,
      IF(keys._is_dirty, recomputed.buying_power_place, keys.buying_power_place) AS buying_power_place,
      IF(keys._is_dirty, recomputed.trial_ends_at_place, keys.trial_ends_at_place) AS trial_ends_at_place,
      IF(keys._is_dirty, COALESCE(recomputed.events_processed, 0), keys.events_processed) AS events_processed,
      IF(keys._is_dirty, recomputed.first_event_time, keys.first_event_time) AS first_event_time,
      IF(keys._is_dirty, recomputed.last_event_time, keys.last_event_time) AS last_event_time
    FROM key_changes AS keys
    LEFT JOIN recomputed ON recomputed.distinct_id = keys.distinct_id
  )
SELECT
  totals.distinct_id,
  totals.events_processed = 0 AS _is_gone,
  totals.total_copies,
  totals.gold_deposits,
  totals.plan,
  totals.deposit_count,
  totals.linked_bank,
  totals.buying_power,
  totals.trial_ends_at,
  totals.plan_place,
  totals.deposit_count_place,
  totals.linked_bank_place,
  totals.buying_power_place,
  totals.trial_ends_at_place,
  totals.events_processed,
  totals.first_event_time,
  totals.last_event_time
FROM totals
LEFT JOIN user_insights AS stored ON stored.distinct_id = totals.distinct_id
WHERE
  IF(
    stored.distinct_id IS NULL,
    totals.events_processed > 0,
    totals.events_processed <> stored.events_processed
    OR totals.total_copies IS DISTINCT FROM stored.total_copies
    OR totals.gold_deposits IS DISTINCT FROM stored.gold_deposits
    OR totals.plan IS DISTINCT FROM stored.plan
    OR totals.deposit_count IS DISTINCT FROM stored.deposit_count
    OR totals.linked_bank IS DISTINCT FROM stored.linked_bank
    OR totals.buying_power IS DISTINCT FROM stored.buying_power
    OR totals.trial_ends_at IS DISTINCT FROM stored.trial_ends_at
    OR totals.plan_place IS DISTINCT FROM stored.plan_place
    OR totals.deposit_count_place IS DISTINCT FROM stored.deposit_count_place
    OR totals.linked_bank_place IS DISTINCT FROM stored.linked_bank_place
    OR totals.buying_power_place IS DISTINCT FROM stored.buying_power_place
    OR totals.trial_ends_at_place IS DISTINCT FROM stored.trial_ends_at_place
    OR totals.first_event_time <> stored.first_event_time
    OR totals.last_event_time <> stored.last_event_time
  )
