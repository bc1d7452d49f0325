-- Finds the contributions that differ from those that are stored: new, changed, or gone. Counters have their step too,
-- properties the version that is stored beside the new one: a total that stands on it may have to be recomputed.
-- One row per distinct id and UTC day.
-- Reads fresh_daily, and user_daily_metrics on @days only. Materialised as daily_changes; after its changes were
-- published, a repeat finds none.
SELECT
  COALESCE(fresh.distinct_id, stored.distinct_id) AS distinct_id,
  COALESCE(fresh.day, stored.day) AS day,
  stored.distinct_id IS NULL AS _is_new,
  fresh.distinct_id IS NULL AS _is_gone,
  fresh.total_copies,
  COALESCE(fresh.total_copies, 0) - COALESCE(stored.total_copies, 0) AS _total_copies_step,
  fresh.gold_deposits,
  COALESCE(fresh.gold_deposits, 0) - COALESCE(stored.gold_deposits, 0) AS _gold_deposits_step,
  fresh.plan,
  fresh.plan_place,
  stored.plan_place AS _plan_stored_place,
  fresh.deposit_count,
  fresh.deposit_count_place,
  stored.deposit_count_place AS _deposit_count_stored_place,
  fresh.linked_bank,
  fresh.linked_bank_place,
  stored.linked_bank_place AS _linked_bank_stored_place,
  fresh.buying_power,
  fresh.buying_power_place,
  stored.buying_power_place AS _buying_power_stored_place,
  fresh.trial_ends_at,
  fresh.trial_ends_at_place,
  stored.trial_ends_at_place AS _trial_ends_at_stored_place,
  fresh.events_processed,
  COALESCE(fresh.events_processed, 0) - COALESCE(stored.events_processed, 0) AS _events_processed_step,
  fresh.first_event_time,
  stored.first_event_time AS _stored_first_event_time,
  fresh.last_event_time,
  stored.last_event_time AS _stored_last_event_time
FROM fresh_daily AS fresh
FULL JOIN (
  -- One row per distinct id and day, as stored.
  SELECT
    daily.distinct_id,
    daily.day,
    daily.total_copies,
    daily.gold_deposits,
    daily.plan,
    daily.deposit_count,
    daily.linked_bank,
    daily.buying_power,
    daily.trial_ends_at,
    daily.plan_place,
    daily.deposit_count_place,
    daily.linked_bank_place,
    daily.buying_power_place,
    daily.trial_ends_at_place,
    daily.events_processed,
    daily.first_event_time,
    daily.last_event_time
  FROM user_daily_metrics AS daily
  WHERE daily.day IN UNNEST(@days)
) AS stored ON stored.distinct_id = fresh.distinct_id AND stored.day = fresh.day
WHERE
  fresh.distinct_id IS NULL
  OR stored.distinct_id IS NULL
  OR fresh.total_copies IS DISTINCT FROM stored.total_copies
  OR fresh.gold_deposits IS DISTINCT FROM stored.gold_deposits
  OR fresh.plan IS DISTINCT FROM stored.plan
  OR fresh.deposit_count IS DISTINCT FROM stored.deposit_count
  OR fresh.linked_bank IS DISTINCT FROM stored.linked_bank
  OR fresh.buying_power IS DISTINCT FROM stored.buying_power
  OR fresh.trial_ends_at IS DISTINCT FROM stored.trial_ends_at
  OR fresh.plan_place IS DISTINCT FROM stored.plan_place
  OR fresh.deposit_count_place IS DISTINCT FROM stored.deposit_count_place
  OR fresh.linked_bank_place IS DISTINCT FROM stored.linked_bank_place
  OR fresh.buying_power_place IS DISTINCT FROM stored.buying_power_place
  OR fresh.trial_ends_at_place IS DISTINCT FROM stored.trial_ends_at_place
  OR fresh.events_processed <> stored.events_processed
  OR fresh.first_event_time <> stored.first_event_time
  OR fresh.last_event_time <> stored.last_event_time
