-- Notes that the registry was judged by other observations than there are now.
-- Writes registry_judged; a repeat changes no row.
UPDATE registry_judged
SET is_complete = FALSE
WHERE is_complete
