-- Without suspects nothing is rewritten: an empty relation with the same columns, which reads no events.
-- Materialised as rewritten: no row. Reads suspects.
SELECT row_id, stored_fingerprint
FROM suspects
WHERE FALSE
