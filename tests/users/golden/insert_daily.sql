-- Adds the contributions of users who had no event on a day before.
-- One row per distinct id and UTC day.
-- Reads daily_changes. Writes user_daily_metrics; runs once, in the transaction that publishes the days.
INSERT INTO user_daily_metrics (
  distinct_id,
  day,
  total_copies,
  gold_deposits,
  plan,
  deposit_count,
  linked_bank,
  buying_power,
  trial_ends_at,
  plan_place,
  deposit_count_place,
  linked_bank_place,
  buying_power_place,
  trial_ends_at_place,
  events_processed,
  first_event_time,
  last_event_time
)
SELECT
  changes.distinct_id,
  changes.day,
  changes.total_copies,
  changes.gold_deposits,
  changes.plan,
  changes.deposit_count,
  changes.linked_bank,
  changes.buying_power,
  changes.trial_ends_at,
  changes.plan_place,
  changes.deposit_count_place,
  changes.linked_bank_place,
  changes.buying_power_place,
  changes.trial_ends_at_place,
  changes.events_processed,
  changes.first_event_time,
  changes.last_event_time
FROM daily_changes AS changes
WHERE changes._is_new
