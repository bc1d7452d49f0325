-- Lists the events whose names are probably misspelled, with the names that were probably meant.
-- One row per event name, in this order.
-- Reads event_registry.
SELECT
  event_name,
  COALESCE(similar_to, '') AS similar_to,
  events
FROM event_registry
WHERE status = 'likely_typo'
ORDER BY event_name
