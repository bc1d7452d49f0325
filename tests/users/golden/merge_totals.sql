-- Overwrites the totals that changed, adds those of users and clusters who had none, and removes those of whoever no
-- longer has an event, all at once, because BigQuery bills the whole table. Columns of metrics that are no longer
-- configured stay as they are.
-- One row per user or cluster. The alias begins with _, because a metric may be called totals.
-- Reads totals_changes. Writes user_insights; a repeat writes the same values.
MERGE user_insights AS _totals
USING totals_changes AS _changes
ON _totals.distinct_id = _changes.distinct_id
WHEN MATCHED AND _changes._is_gone THEN DELETE
WHEN MATCHED THEN
  UPDATE SET
    total_copies = _changes.total_copies,
    gold_deposits = _changes.gold_deposits,
    plan = _changes.plan,
    deposit_count = _changes.deposit_count,
    linked_bank = _changes.linked_bank,
    buying_power = _changes.buying_power,
    trial_ends_at = _changes.trial_ends_at,
    plan_place = _changes.plan_place,
    deposit_count_place = _changes.deposit_count_place,
    linked_bank_place = _changes.linked_bank_place,
    buying_power_place = _changes.buying_power_place,
    trial_ends_at_place = _changes.trial_ends_at_place,
    events_processed = _changes.events_processed,
    first_event_time = _changes.first_event_time,
    last_event_time = _changes.last_event_time,
    updated_at = @started_at
WHEN NOT MATCHED BY TARGET THEN
  INSERT (
    distinct_id,
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
    last_event_time,
    updated_at
  )
  VALUES (
    _changes.distinct_id,
    _changes.total_copies,
    _changes.gold_deposits,
    _changes.plan,
    _changes.deposit_count,
    _changes.linked_bank,
    _changes.buying_power,
    _changes.trial_ends_at,
    _changes.plan_place,
    _changes.deposit_count_place,
    _changes.linked_bank_place,
    _changes.buying_power_place,
    _changes.trial_ends_at_place,
    _changes.events_processed,
    _changes.first_event_time,
    _changes.last_event_time,
    @started_at
  )
