-- Reads what the stored baselines of @names learned. One row per event name. Reads detector_baselines.
SELECT event_name, state
FROM detector_baselines
WHERE event_name IN UNNEST(@names)
