-- Lists exported lines that are not events, those first that were rejected last. One row per distinct line, at most
-- @most. Reads rejected_events, rows since @since only.
SELECT line_id, first_rejected_at, run_id, reason, line
FROM rejected_events
WHERE first_rejected_at >= @since
ORDER BY first_rejected_at DESC, line_id
LIMIT @most
