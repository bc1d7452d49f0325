-- The UTC days of the events that a part brings, with the lines of each; the row without a day has those that are no
-- event or not wanted. One row per day.
-- Reads incoming.
SELECT day, COUNT(*) AS received
FROM (
  SELECT IF(is_wanted, DATE(event_timestamp), NULL) AS day
  FROM incoming
)
GROUP BY day
ORDER BY day
