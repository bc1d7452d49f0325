-- Finds which of some event names are still to be judged. One row per event name, in order.
-- Reads registry_unjudged and batch_names.
SELECT DISTINCT marked.event_name
FROM registry_unjudged AS marked
INNER JOIN batch_names ON batch_names.event_name = marked.event_name
ORDER BY marked.event_name
