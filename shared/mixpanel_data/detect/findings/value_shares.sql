-- Counts the events of an incident that have each property value, and the events before it that do: the 200 values
-- whose share rose most (@sign 1) or fell most (@sign -1). One row per property and scalar value; inside_events and
-- before_events are the events read on each side.
-- Only events with an id below @inside_below or @before_below count: ids are hashes, so that this is a fair sample, the
-- same one in every run, and a storm costs no more than an ordinary hour.
-- Reads mixpanel_events, in [@before_start, @window_end) only, of events that were there at @as_of.
WITH
  -- One row per event of the sample.
  sampled AS (
    SELECT properties, event_timestamp >= @window_start AS is_inside
    FROM mixpanel_events
    WHERE
      event_timestamp >= @before_start
      AND event_timestamp < @window_end
      AND event_name = @event_name
      AND inserted_at <= @as_of
      AND (
        (event_timestamp >= @window_start AND event_id < @inside_below)
        OR (event_timestamp < @window_start AND event_timestamp < @before_end AND event_id < @before_below)
      )
  ),
  -- One row: the size of the sample on each side.
  sizes AS (
    SELECT COUNTIF(is_inside) AS inside_events, COUNTIF(NOT is_inside) AS before_events
    FROM sampled
  ),
  -- One row per event and property. JSON_KEYS gives a key that holds a dot, a quote or the like as a JSON string.
  named AS (
    SELECT
      sampled.is_inside,
      sampled.properties,
      IF(STARTS_WITH(key, '"'), JSON_VALUE(key, '$'), key) AS property
    FROM sampled
    CROSS JOIN UNNEST(JSON_KEYS(sampled.properties, 1)) AS key
  ),
  -- One row per event and property whose value is not new with every event.
  members AS (
    SELECT is_inside, property, properties[property] AS member
    FROM named
    WHERE LOWER(property) NOT IN UNNEST(@clocks)
  ),
  -- One row per event and property; the value is NULL where it is an object, a list or null.
  scalars AS (
    SELECT is_inside, property, SUBSTR(JSON_VALUE(member, '$'), 1, 1000) AS value
    FROM members
  ),
  -- One row per property and value; a value that only one event has is an id or a measurement.
  counted AS (
    SELECT property, value, COUNTIF(is_inside) AS inside, COUNTIF(NOT is_inside) AS before
    FROM scalars
    -- Times and dates of these days are new because time goes on.
    WHERE
      value IS NOT NULL
      AND NOT (SUBSTR(value, 1, 10) IN UNNEST(@days) AND REGEXP_CONTAINS(SUBSTR(value, 11), '^([T ].*)?$'))
    GROUP BY property, value
    HAVING COUNT(*) > 1
  )
SELECT
  counted.property,
  counted.value,
  counted.inside,
  counted.before,
  sizes.inside_events,
  sizes.before_events
FROM counted
CROSS JOIN sizes
WHERE sizes.inside_events > 0 AND sizes.before_events > 0
ORDER BY
  @sign * (
    SAFE_DIVIDE(counted.inside, sizes.inside_events) - SAFE_DIVIDE(counted.before, sizes.before_events)
  ) DESC,
  counted.property,
  counted.value
LIMIT 200
