-- Mutes an event for a while. Writes alert_mutes.
INSERT INTO alert_mutes (event_name, muted_from, muted_to, reason, created_at)
SELECT @event_name, @muted_from, @muted_to, @reason, @muted_from
FROM (SELECT 1)
