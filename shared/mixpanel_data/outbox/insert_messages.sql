-- Adds the messages of a run, to be sent. One row per message.
-- Reads given_messages. Writes alert_messages; a repeat adds nothing.
INSERT INTO alert_messages (
  message_key, seq, channel, kind, about, parent_key, body, state, created_at
)
SELECT message_key, seq, channel, kind, about, parent_key, body, 'pending' AS state, created_at
FROM given_messages
WHERE NOT EXISTS (SELECT 1 FROM alert_messages AS known WHERE known.message_key = given_messages.message_key)
