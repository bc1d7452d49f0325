-- Lists changes, the newest first: those on the days from @first_day up to @end_day, exclusive, and of the events, the
-- properties and the kinds that are given, where any are; retracted ones only @with_retracted, the others only
-- @with_holding. Those behind the place @after of the day @after_day (place_of_change.sql); all where @is_first.
-- One row per change, at most @most. Reads schema_changes.
WITH placed AS (
  -- One row per change; `place` orders the changes of a day.
  SELECT
    CONCAT(event_name, '\x1f', IFNULL(property, ''), '\x1f', path, '\x1f', kind, '\x1f', change_id) AS place,
    change_id,
    day,
    kind,
    event_name,
    property,
    path,
    before,
    after,
    is_breaking,
    evidence,
    detected_at,
    retracted_at,
    run_id
  FROM schema_changes
  WHERE day >= @first_day
    AND day < @end_day
    AND (ARRAY_LENGTH(@event_names) = 0 OR event_name IN UNNEST(@event_names))
    AND (ARRAY_LENGTH(@property_names) = 0 OR property IN UNNEST(@property_names))
    AND (ARRAY_LENGTH(@kinds) = 0 OR kind IN UNNEST(@kinds))
    AND ((@with_holding AND retracted_at IS NULL) OR (@with_retracted AND retracted_at IS NOT NULL))
)
SELECT
  change_id,
  day,
  kind,
  event_name,
  property,
  path,
  before,
  after,
  is_breaking,
  evidence,
  detected_at,
  retracted_at,
  run_id
FROM placed
WHERE @is_first OR day < @after_day OR (day = @after_day AND place > @after)
ORDER BY day DESC, place
LIMIT @most
