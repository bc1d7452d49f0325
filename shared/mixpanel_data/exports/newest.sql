-- When Mixpanel stored the newest line, in milliseconds since 1970 UTC; NULL if no line says it. One row.
-- Reads incoming.
SELECT MAX(mp_processing_time_ms) AS newest_ms
FROM incoming
