-- Empties the columns of metrics that are new, or come back after a while without them: a counter is 0, a property
-- NULL.
-- One row per user or cluster that has another value.
-- Writes user_insights; a repeat changes no row.
UPDATE user_insights
SET
  total_copies = 0,
  gold_deposits = 0,
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
  total_copies IS DISTINCT FROM 0
  OR gold_deposits IS DISTINCT FROM 0
  OR plan IS DISTINCT FROM NULL
  OR plan_place IS DISTINCT FROM NULL
  OR deposit_count IS DISTINCT FROM NULL
  OR deposit_count_place IS DISTINCT FROM NULL
  OR linked_bank IS DISTINCT FROM NULL
  OR linked_bank_place IS DISTINCT FROM NULL
  OR buying_power IS DISTINCT FROM NULL
  OR buying_power_place IS DISTINCT FROM NULL
  OR trial_ends_at IS DISTINCT FROM NULL
  OR trial_ends_at_place IS DISTINCT FROM NULL
