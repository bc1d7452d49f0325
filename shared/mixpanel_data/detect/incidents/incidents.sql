-- Reads the incidents that a run may still change: the open ones, and those that were abnormal since @since. Incidents
-- that were changed after @as_of are left out. One row per incident. Reads alerts.
SELECT
  incident_id, event_name, direction, rules, state, opened_at, window_start, window_end, count, expected, threshold,
  score, first_score, peak_start, peak_end, peak_count, peak_expected, abnormal_until, resolved_at, channel, is_muted,
  whole_id
FROM alerts
WHERE (state = 'open' OR abnormal_until >= @since) AND changed_at <= @as_of
ORDER BY window_start, incident_id
