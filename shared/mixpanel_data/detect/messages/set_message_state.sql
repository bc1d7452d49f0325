-- Records how far a message has come: its state, its id at Slack, the reason why it was not sent. One row.
-- Writes alert_messages; a repeat writes the same, with a later sent_at.
UPDATE alert_messages
SET
  state = @state,
  sent_at = IF(@state = 'sent', @now, sent_at),
  slack_channel = COALESCE(NULLIF(@slack_channel, ''), slack_channel),
  slack_ts = COALESCE(NULLIF(@slack_ts, ''), slack_ts),
  error = NULLIF(@error, '')
WHERE message_key = @message_key
