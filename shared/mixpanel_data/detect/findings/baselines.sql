-- Reads every stored baseline. One row per event name. Reads detector_baselines, which is as small as the list of names.
SELECT event_name, learned_until, state
FROM detector_baselines
