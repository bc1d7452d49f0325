-- The UTC days of the wanted events, with the lines of each. One row per day, and one without a day for all other lines.
-- Reads incoming.
SELECT day, COUNT(*) AS received
FROM (
  -- One row per line.
  SELECT IF(is_wanted, DATE(event_timestamp), NULL) AS day
  FROM incoming
)
GROUP BY day
ORDER BY day
