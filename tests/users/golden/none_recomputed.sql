-- Stands for recomputed.sql.jinja where nobody is dirty: without a look at user_daily_metrics, of which a run would
-- otherwise read every row.
-- No row, with the columns of recomputed.
-- Reads key_changes. Materialised as recomputed.
SELECT
  keys.distinct_id,
  keys.total_copies,
  keys.gold_deposits,
  keys.plan,
  keys.deposit_count,
  keys.linked_bank,
  keys.buying_power,
  keys.trial_ends_at,
  keys.plan_place,
  keys.deposit_count_place,
  keys.linked_bank_place,
  keys.buying_power_place,
  keys.trial_ends_at_place,
  keys.events_processed,
  keys.first_event_time,
  keys.last_event_time
FROM key_changes AS keys
WHERE FALSE
