-- Reads the mutes that people set with `mp detect mute` and that have not ended by @as_of. One row per mute.
-- Reads alert_mutes.
SELECT event_name, muted_from, muted_to, reason, muted_by
FROM alert_mutes
WHERE muted_to > @as_of
