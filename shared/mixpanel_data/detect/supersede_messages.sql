-- An update that was never sent gives way to a newer one of the same message. Reads given_messages. Writes alert_messages.
UPDATE alert_messages
SET state = 'superseded'
WHERE
  state IN ('pending', 'sending')
  AND kind = 'update'
  AND parent_key IN (SELECT newer.parent_key FROM given_messages AS newer WHERE newer.kind = 'update')
  AND message_key NOT IN (SELECT same.message_key FROM given_messages AS same)
