-- Forgets what the detector has learned of other events: it learns again from the counts. Writes detector_baselines.
DELETE FROM detector_baselines
WHERE TRUE
