-- Marks all event names to be judged again, as if their observations of @mark_day had changed; @mark_day can also be a
-- date that stands for all days, or for none.
-- One row per event name.
-- Reads event_observations. Writes registry_unjudged; a repeat adds none.
INSERT INTO registry_unjudged (event_name, day, marked_at)
SELECT
  names.event_name,
  @mark_day AS day,
  @started_at AS marked_at
FROM (
  -- One row per event name.
  SELECT DISTINCT event_name
  FROM event_observations
) AS names
LEFT JOIN registry_unjudged AS marked ON marked.event_name = names.event_name AND marked.day = @mark_day
WHERE marked.event_name IS NULL
