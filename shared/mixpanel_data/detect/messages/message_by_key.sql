-- Reads the message with the key @message_key. One row, or none. Reads alert_messages.
SELECT
  message_key, seq, channel, kind, about, parent_key, body, state, created_at, slack_channel, slack_ts, error
FROM alert_messages
WHERE message_key = @message_key
