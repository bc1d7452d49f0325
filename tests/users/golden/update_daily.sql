-- Overwrites the contributions that changed. Columns of metrics that are no longer configured stay as they are.
-- One row per distinct id and UTC day. The alias begins with _, because a metric may be called daily.
-- Reads daily_changes. Writes user_daily_metrics, on @days only; a repeat writes the same values.
UPDATE user_daily_metrics AS _daily
SET
  total_copies = fresh.total_copies,
  gold_deposits = fresh.gold_deposits,
  plan = fresh.plan,
  deposit_count = fresh.deposit_count,
  linked_bank = fresh.linked_bank,
  buying_power = fresh.buying_power,
  trial_ends_at = fresh.trial_ends_at,
  plan_place = fresh.plan_place,
  deposit_count_place = fresh.deposit_count_place,
  linked_bank_place = fresh.linked_bank_place,
  buying_power_place = fresh.buying_power_place,
  trial_ends_at_place = fresh.trial_ends_at_place,
  events_processed = fresh.events_processed,
  first_event_time = fresh.first_event_time,
  last_event_time = fresh.last_event_time
FROM (
  -- One row per distinct id and day.
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
  WHERE NOT changes._is_new AND NOT changes._is_gone
) AS fresh
WHERE _daily.distinct_id = fresh.distinct_id AND _daily.day = fresh.day AND _daily.day IN UNNEST(@days)
