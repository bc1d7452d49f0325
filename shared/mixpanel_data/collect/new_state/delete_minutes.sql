-- Removes the counts of all minutes. A repeat removes nothing. Writes event_minutes, in [@window_start, @window_end).
DELETE FROM event_minutes
WHERE minute >= @window_start AND minute < @window_end
