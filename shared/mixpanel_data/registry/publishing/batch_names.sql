-- Gives the event names of a batch as rows. One row per event name.
-- Reads no table. Materialised as batch_names.
SELECT event_name
FROM UNNEST(@names) AS event_name
