-- Lists bad events of changes, up to three each. One row per change and event, the least event_id first.
-- Reads looked_at.
SELECT number, event_id
FROM (
  -- One row per change and bad event, by rank.
  SELECT number, event_id, ROW_NUMBER() OVER (PARTITION BY number ORDER BY event_id) AS place
  FROM looked_at
  WHERE is_bad
) AS ranked
WHERE place <= 3
ORDER BY number, event_id
