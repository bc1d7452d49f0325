-- Marks the days that changed by the arrivals after @handled_seq, up to @newest_seq.
-- Reads event_arrivals. Writes user_pending_days.
INSERT INTO user_pending_days (day, marked_at)
SELECT DISTINCT day, @started_at AS marked_at
FROM event_arrivals
WHERE seq > @handled_seq AND seq <= @newest_seq AND day NOT IN (SELECT pending.day FROM user_pending_days AS pending)
