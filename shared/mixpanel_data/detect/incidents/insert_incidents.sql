-- Adds the incidents of a run that are new. One row per incident.
-- Reads given_incidents. Writes alerts; a repeat adds nothing.
INSERT INTO alerts (
  incident_id, event_name, direction, rules, state, opened_at, window_start, window_end, count, expected, threshold,
  score, first_score, peak_start, peak_end, peak_count, peak_expected, abnormal_until, resolved_at, channel, is_muted,
  whole_id, run_id, changed_at
)
SELECT
  incident_id, event_name, direction, rules, state, opened_at, window_start, window_end, count, expected, threshold,
  score, first_score, peak_start, peak_end, peak_count, peak_expected, abnormal_until, resolved_at, channel, is_muted,
  whole_id,
  @run_id AS run_id,
  @as_of AS changed_at
FROM given_incidents
WHERE NOT EXISTS (SELECT 1 FROM alerts AS known WHERE known.incident_id = given_incidents.incident_id)
