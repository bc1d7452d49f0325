-- Reads the messages about the incidents @incident_ids, the notices since @since, and every message that is not
-- delivered, in the order in which they were decided. One row per message. Reads alert_messages.
SELECT
  message_key, seq, channel, kind, about, parent_key, body, state, created_at, slack_channel, slack_ts, error
FROM alert_messages
WHERE
  state IN ('pending', 'sending')
  OR (kind = 'notice' AND created_at >= @since)
  OR EXISTS (SELECT 1 FROM UNNEST(about) AS incident_id WHERE incident_id IN UNNEST(@incident_ids))
ORDER BY seq
