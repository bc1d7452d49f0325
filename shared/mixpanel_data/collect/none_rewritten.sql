-- No suspects, none rewritten: an empty relation of the same columns, without a look at the events.
-- Materialised as rewritten. Reads suspects.
SELECT row_id, stored_fingerprint
FROM suspects
WHERE FALSE
