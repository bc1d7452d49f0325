-- Adds the baselines of names that have none yet. One row per event name.
-- Reads given_baselines. Writes detector_baselines; a repeat adds nothing.
INSERT INTO detector_baselines (
  event_name, learned_until, state, first_event_at, last_event_at, events, arrivals_up_to, changed_at
)
SELECT
  event_name,
  learned_until,
  state,
  first_event_at,
  last_event_at,
  events,
  @arrivals_up_to AS arrivals_up_to,
  @as_of AS changed_at
FROM given_baselines
WHERE NOT EXISTS (SELECT 1 FROM detector_baselines AS known WHERE known.event_name = given_baselines.event_name)
