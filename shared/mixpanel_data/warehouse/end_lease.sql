-- Gives the lease back. Writes job_leases.
UPDATE job_leases SET holder = NULL, held_until = NULL WHERE job = @job AND holder = @holder
