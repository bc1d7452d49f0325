-- Reads the incidents with @incident_ids, as they are now. One row per incident. Reads alerts.
SELECT
  incident_id, event_name, direction, rules, state, opened_at, window_start, window_end, count, expected, threshold,
  score, first_score, peak_start, peak_end, peak_count, peak_expected, abnormal_until, resolved_at, channel, is_muted,
  whole_id
FROM alerts
WHERE incident_id IN UNNEST(@incident_ids)
ORDER BY window_start, incident_id
