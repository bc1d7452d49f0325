-- Reads the stored delays. One row per event name, and one of all events together, without a name.
-- Reads detector_delays.
SELECT event_name, learned_until, learn_again_at, shares
FROM detector_delays
