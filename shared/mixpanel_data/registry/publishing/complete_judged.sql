-- Stores that no judgement is missing. One row.
-- Writes registry_judged; a repeat finds none.
UPDATE registry_judged
SET is_complete = TRUE
WHERE NOT is_complete
