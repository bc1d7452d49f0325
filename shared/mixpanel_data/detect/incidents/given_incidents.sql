-- Turns the incidents of a run, a JSON text each, into rows of alerts. One row per incident.
-- Reads no table. Creates given_incidents for the statements behind it.
SELECT
  JSON_VALUE(given, '$.incident_id') AS incident_id,
  JSON_VALUE(given, '$.event_name') AS event_name,
  JSON_VALUE(given, '$.direction') AS direction,
  SPLIT(JSON_VALUE(given, '$.rules'), ' ') AS rules,
  JSON_VALUE(given, '$.state') AS state,
  CAST(JSON_VALUE(given, '$.opened_at') AS TIMESTAMP) AS opened_at,
  CAST(JSON_VALUE(given, '$.window_start') AS TIMESTAMP) AS window_start,
  CAST(JSON_VALUE(given, '$.window_end') AS TIMESTAMP) AS window_end,
  CAST(JSON_VALUE(given, '$.count') AS INT64) AS count,
  CAST(JSON_VALUE(given, '$.expected') AS FLOAT64) AS expected,
  CAST(JSON_VALUE(given, '$.threshold') AS FLOAT64) AS threshold,
  CAST(JSON_VALUE(given, '$.score') AS FLOAT64) AS score,
  CAST(JSON_VALUE(given, '$.first_score') AS FLOAT64) AS first_score,
  CAST(JSON_VALUE(given, '$.peak_start') AS TIMESTAMP) AS peak_start,
  CAST(JSON_VALUE(given, '$.peak_end') AS TIMESTAMP) AS peak_end,
  CAST(JSON_VALUE(given, '$.peak_count') AS INT64) AS peak_count,
  CAST(JSON_VALUE(given, '$.peak_expected') AS FLOAT64) AS peak_expected,
  CAST(JSON_VALUE(given, '$.abnormal_until') AS TIMESTAMP) AS abnormal_until,
  CAST(JSON_VALUE(given, '$.resolved_at') AS TIMESTAMP) AS resolved_at,
  JSON_VALUE(given, '$.channel') AS channel,
  CAST(JSON_VALUE(given, '$.is_muted') AS BOOL) AS is_muted,
  JSON_VALUE(given, '$.whole_id') AS whole_id
FROM UNNEST(@incidents) AS given
