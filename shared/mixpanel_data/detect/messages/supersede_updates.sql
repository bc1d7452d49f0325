-- Takes back updates that were never sent and that a newer update of the same message replaces. One row per update.
-- Reads given_messages. Writes alert_messages; a repeat changes nothing.
UPDATE alert_messages
SET state = 'superseded'
WHERE
  state IN ('pending', 'sending')
  AND kind = 'update'
  AND parent_key IN (SELECT newer.parent_key FROM given_messages AS newer WHERE newer.kind = 'update')
  AND message_key NOT IN (SELECT same.message_key FROM given_messages AS same)
