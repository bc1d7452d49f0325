-- Ends the mutes of an event at @now; one that was still to come never begins. One row per mute.
-- Writes alert_mutes; a repeat finds none. Nothing is deleted: a run as of an earlier time sees what was muted then.
UPDATE alert_mutes
SET muted_to = GREATEST(muted_from, @now)
WHERE event_name = @event_name AND muted_to > @now
