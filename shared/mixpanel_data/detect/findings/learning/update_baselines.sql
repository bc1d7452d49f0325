-- Replaces stored baselines by those of a run. One row per event name.
-- Reads given_baselines. Writes detector_baselines; a repeat writes the same.
UPDATE detector_baselines AS known
SET
  learned_until = given.learned_until,
  state = given.state,
  first_event_at = given.first_event_at,
  last_event_at = given.last_event_at,
  events = given.events,
  arrivals_up_to = @arrivals_up_to,
  changed_at = @as_of
FROM (
  -- One row per event name: those of given_baselines.
  SELECT event_name, learned_until, state, first_event_at, last_event_at, events FROM given_baselines
) AS given
WHERE known.event_name = given.event_name
