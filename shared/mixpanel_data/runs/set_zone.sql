-- Records the time zone in which the runs of a job read the clock of events, where it is another one or not known: not
-- yet, or not since a version that does not record it has published, which newest_seq_at tells.
-- What is stored by then may have been read in the other: up to the newest event, and 3 days more, because two zones
-- are up to 26 hours apart and each event is looked for on the days beside its own.
-- Reads event_minutes, of [@window_start, @window_end), which is all time. Writes job_locks, the rows of the job; a
-- repeat changes nothing.
UPDATE job_locks
SET
  zone = @zone,
  mixed_until = (
    SELECT TIMESTAMP_ADD(MAX(minutes.minute), INTERVAL 3 DAY)
    FROM event_minutes AS minutes
    WHERE minutes.minute >= @window_start AND minutes.minute < @window_end
  )
WHERE job = @job AND (COALESCE(zone, '') <> @zone OR COALESCE(newest_seq_at <> n, FALSE))
