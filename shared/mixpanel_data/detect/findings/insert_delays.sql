-- Adds the delays of a run. One row per event name, and one without.
-- Reads given_delays. Writes detector_delays; delete_delays.sql comes before it, so that a repeat writes the same.
INSERT INTO detector_delays (event_name, learned_until, learn_again_at, shares, changed_at)
SELECT event_name, @learned_until AS learned_until, @learn_again_at AS learn_again_at, shares, @as_of AS changed_at
FROM given_delays
