-- Forgets what the registry was last judged by. At most one row.
-- Writes registry_judged; a repeat finds none.
DELETE FROM registry_judged
WHERE TRUE
