-- Reads the counts of [@start, @end), of the selected names: those of @names, or (not @names_are_wanted) all others. For
-- each name how many events it has, its first minute, and its minutes, packed as in packed_minutes.sql; of names but the
-- @most with the most events, only totals of at least @least_events, without the minutes, because anybody can invent names.
-- next_minute is the first one in [@end, @ahead) that has events of any of them, from clocks that are ahead; names is
-- their number. One row per event name.
-- Reads event_minutes, in [@start, @ahead) only.
SELECT event_name, total, first_minute, IF(place <= @most, packed, NULL) AS packed, next_minute, names
FROM (
  -- The same, one row for every name that has an event.
  SELECT
    event_name,
    total,
    first_minute,
    packed,
    ROW_NUMBER() OVER (ORDER BY total DESC, event_name) AS place,
    MIN(own_next_minute) OVER () AS next_minute,
    COUNT(*) OVER () AS names
  FROM (
    -- One row per event name.
    SELECT
      event_name,
      SUM(IF(minute < @end, events, 0)) AS total,
      MIN(IF(minute < @end, minute, NULL)) AS first_minute,
      MIN(IF(minute >= @end, minute, NULL)) AS own_next_minute,
      STRING_AGG(
        IF(
          minute < @end,
          CONCAT(CAST(TIMESTAMP_DIFF(minute, @start, MINUTE) AS STRING), ' ', CAST(events AS STRING)),
          NULL
        ),
        ' ' ORDER BY minute
      ) AS packed
    FROM event_minutes
    WHERE minute >= @start AND minute < @ahead AND (event_name IN UNNEST(@names)) = @names_are_wanted
    GROUP BY event_name
  ) AS counted
) AS placed
WHERE place <= @most OR total >= @least_events
