-- Ends the lease of @holder. Writes job_locks; changes nothing where another run has taken over.
UPDATE job_locks
SET holder = NULL, held_until = NULL
WHERE job = @job AND holder = @holder
