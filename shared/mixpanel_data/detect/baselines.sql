-- What has been learned of each name. One row per name. Reads detector_baselines.
SELECT event_name, learned_until, state
FROM detector_baselines
