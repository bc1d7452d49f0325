-- Brings the counts of minutes up to date: adds the differences, and removes the minutes whose last event is gone.
-- Reads changes. Writes event_minutes, on @days, in [@first_day, @end_day), only.
MERGE event_minutes AS minutes
USING (
  -- One row per minute and event name whose count changes.
  SELECT minute, event_name, SUM(step) AS events
  FROM (
    -- One row per changed event, and another for the minute where its stored copy was counted.
    SELECT TIMESTAMP_TRUNC(event_timestamp, MINUTE) AS minute, event_name, 1 AS step
    FROM changes
    UNION ALL
    SELECT TIMESTAMP_TRUNC(stored_timestamp, MINUTE) AS minute, event_name, -1 AS step
    FROM changes
    WHERE stored_timestamp IS NOT NULL
  )
  GROUP BY minute, event_name
  HAVING SUM(step) <> 0
) AS changed
ON
  minutes.minute = changed.minute
  AND minutes.event_name = changed.event_name
  AND minutes.minute >= @first_day
  AND minutes.minute < @end_day
  AND DATE(minutes.minute) IN UNNEST(@days)
WHEN MATCHED AND minutes.events + changed.events = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET events = minutes.events + changed.events, last_changed = @started_at
WHEN NOT MATCHED BY TARGET THEN
  INSERT (minute, event_name, events, last_changed)
  VALUES (changed.minute, changed.event_name, changed.events, @started_at)
