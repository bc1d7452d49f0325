-- Overwrites the totals that changed. Columns of metrics that are no longer configured stay as they are.
-- One row per user or cluster. The alias begins with _, because a metric may be called totals.
-- Reads totals_changes. Writes user_insights; a repeat writes the same values.
UPDATE user_insights AS _totals
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
  last_event_time = fresh.last_event_time,
  updated_at = @started_at
FROM (
  -- One row per user or cluster.
  SELECT
    changes.distinct_id,
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
  FROM totals_changes AS changes
  WHERE NOT changes._is_new AND NOT changes._is_gone
) AS fresh
WHERE _totals.distinct_id = fresh.distinct_id
