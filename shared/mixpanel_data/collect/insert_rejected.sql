-- Keeps the lines that are not events: one row per line. A line stored before stays as it is.
-- Reads incoming. Writes rejected_events.
INSERT INTO rejected_events (line_id, first_rejected_at, run_id, reason, line)
SELECT
  TO_HEX(SHA256(rejected_line)) AS line_id,
  @started_at AS first_rejected_at,
  @run_id AS run_id,
  MIN(reason) AS reason,
  rejected_line AS line
FROM incoming
WHERE
  rejected_line IS NOT NULL
  AND TO_HEX(SHA256(rejected_line)) NOT IN (SELECT line_id FROM rejected_events)
GROUP BY rejected_line
