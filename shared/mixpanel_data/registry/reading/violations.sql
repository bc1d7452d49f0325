-- Lists violations of the tracking plan, the newest days first, and of a day the most frequent ones: those on the days
-- from @first_day up to @end_day, exclusive, and of the events, the properties and the rules that are given, where any
-- are. Those behind the violation @after of the day @after_day, which @after_events events show; all where @is_first.
-- One row per day, event, property, path and rule, at most @most; `violation_id` is the hash of these, lower-case hex.
-- Reads schema_violations, those days only.
WITH found AS (
  -- One row per violation.
  SELECT
    TO_HEX(SHA256(CONCAT(
      CAST(day AS STRING), '\x1f', event_name, '\x1f', IFNULL(CONCAT('=', property), ''), '\x1f', path, '\x1f', rule,
      '\x1f', IFNULL(expected, '')
    ))) AS violation_id,
    day,
    event_name,
    property,
    path,
    rule,
    expected,
    events,
    is_sampled,
    first_seen,
    last_seen,
    examples,
    versions
  FROM schema_violations
  WHERE day >= @first_day
    AND day < @end_day
    AND (ARRAY_LENGTH(@event_names) = 0 OR event_name IN UNNEST(@event_names))
    AND (ARRAY_LENGTH(@property_names) = 0 OR property IN UNNEST(@property_names))
    AND (ARRAY_LENGTH(@rules) = 0 OR rule IN UNNEST(@rules))
)
SELECT
  violation_id,
  day,
  event_name,
  property,
  path,
  rule,
  expected,
  events,
  is_sampled,
  first_seen,
  last_seen,
  examples,
  versions
FROM found
WHERE @is_first
  OR day < @after_day
  OR (day = @after_day AND (events < @after_events OR (events = @after_events AND violation_id > @after)))
ORDER BY day DESC, events DESC, violation_id
LIMIT @most
