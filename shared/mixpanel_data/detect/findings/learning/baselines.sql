-- Reads what is known of each stored baseline, without what it learned. One row per event name.
-- Reads detector_baselines, which is as small as the list of names.
SELECT event_name, learned_until, first_event_at, last_event_at, events
FROM detector_baselines
