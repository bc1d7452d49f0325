-- Brings the stored baselines to what a run has learned. Reads given_baselines. Writes detector_baselines.
UPDATE detector_baselines AS known
SET learned_until = @learned_until, state = given.state, changed_at = @as_of
FROM (SELECT event_name, state FROM given_baselines) AS given
WHERE known.event_name = given.event_name
