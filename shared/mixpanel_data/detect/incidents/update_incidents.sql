-- Changes the known incidents to how a run left them, except those that a later run has changed since (changed_at after
-- @as_of: a run over the past does not undo the present). One row per incident.
-- Reads given_incidents. Writes alerts; a repeat writes the same.
UPDATE alerts AS known
SET
  rules = given.rules,
  state = given.state,
  threshold = given.threshold,
  score = given.score,
  peak_start = given.peak_start,
  peak_end = given.peak_end,
  peak_count = given.peak_count,
  peak_expected = given.peak_expected,
  abnormal_until = given.abnormal_until,
  resolved_at = given.resolved_at,
  channel = given.channel,
  is_muted = given.is_muted,
  whole_id = given.whole_id,
  run_id = @run_id,
  changed_at = @as_of
FROM (
  -- One row per incident: those of given_incidents.
  SELECT
    incident_id, rules, state, threshold, score, peak_start, peak_end, peak_count, peak_expected, abnormal_until,
    resolved_at, channel, is_muted, whole_id
  FROM given_incidents
) AS given
WHERE known.incident_id = given.incident_id AND known.changed_at <= @as_of
