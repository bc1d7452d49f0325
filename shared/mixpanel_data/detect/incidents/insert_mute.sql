-- Mutes an event for a while. One row. Writes alert_mutes; a repeat mutes the event twice, which does no harm.
INSERT INTO alert_mutes (event_name, muted_from, muted_to, reason, created_at, muted_by)
SELECT @event_name, @muted_from, @muted_to, @reason, @muted_from, @muted_by
FROM (SELECT 1)
