-- Replaces stored baselines by those of a run. One row per event name.
-- Reads given_baselines. Writes detector_baselines; a repeat writes the same.
UPDATE detector_baselines AS known
SET learned_until = @learned_until, state = given.state, changed_at = @as_of
FROM (
  -- One row per event name: those of given_baselines.
  SELECT event_name, state FROM given_baselines
) AS given
WHERE known.event_name = given.event_name
