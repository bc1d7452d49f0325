-- Empties the columns of metrics that are new, or come back after a while without them: no day has contributed yet.
-- One row per distinct id and UTC day that has a value.
-- Writes user_daily_metrics; a repeat changes no row.
UPDATE user_daily_metrics
SET
  total_copies = NULL,
  gold_deposits = NULL,
  plan = NULL,
  plan_place = NULL,
  deposit_count = NULL,
  deposit_count_place = NULL,
  linked_bank = NULL,
  linked_bank_place = NULL,
  buying_power = NULL,
  buying_power_place = NULL,
  trial_ends_at = NULL,
  trial_ends_at_place = NULL
WHERE
  total_copies IS NOT NULL
  OR gold_deposits IS NOT NULL
  OR plan IS NOT NULL
  OR plan_place IS NOT NULL
  OR deposit_count IS NOT NULL
  OR deposit_count_place IS NOT NULL
  OR linked_bank IS NOT NULL
  OR linked_bank_place IS NOT NULL
  OR buying_power IS NOT NULL
  OR buying_power_place IS NOT NULL
  OR trial_ends_at IS NOT NULL
  OR trial_ends_at_place IS NOT NULL
