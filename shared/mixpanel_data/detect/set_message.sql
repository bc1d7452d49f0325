-- Records what became of a message. Writes alert_messages, its one row.
UPDATE alert_messages
SET
  state = @state,
  sent_at = IF(@state = 'sent', @now, sent_at),
  slack_channel = COALESCE(NULLIF(@slack_channel, ''), slack_channel),
  slack_ts = COALESCE(NULLIF(@slack_ts, ''), slack_ts),
  error = NULLIF(@error, '')
WHERE message_key = @message_key
