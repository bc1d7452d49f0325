-- Turns the messages of a run, a JSON text each, into rows of alert_messages. One row per message.
-- Reads no table. Creates given_messages for the statements behind it.
SELECT
  JSON_VALUE(given, '$.message_key') AS message_key,
  CAST(JSON_VALUE(given, '$.seq') AS INT64) AS seq,
  JSON_VALUE(given, '$.channel') AS channel,
  JSON_VALUE(given, '$.kind') AS kind,
  SPLIT(JSON_VALUE(given, '$.about'), CHR(10)) AS about,
  JSON_VALUE(given, '$.parent_key') AS parent_key,
  PARSE_JSON(JSON_VALUE(given, '$.body')) AS body,
  CAST(JSON_VALUE(given, '$.created_at') AS TIMESTAMP) AS created_at
FROM UNNEST(@messages) AS given
