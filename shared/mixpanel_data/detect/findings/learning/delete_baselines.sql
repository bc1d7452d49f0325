-- Deletes the baselines of names without an event since @oldest, and those of names with fewer than @least_events events
-- that have none since @rare_since, once they have learned up to then. One row per event name.
-- Writes detector_baselines; a repeat deletes nothing.
DELETE FROM detector_baselines
WHERE
  COALESCE(last_event_at, learned_until) < @oldest
  OR (
    COALESCE(events, 0) < @least_events
    AND learned_until >= @rare_since
    AND COALESCE(last_event_at, learned_until) < @rare_since
  )
