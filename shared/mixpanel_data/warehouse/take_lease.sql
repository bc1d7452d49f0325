-- Takes the job's lease for @holder where nobody holds it any more. Writes job_leases.
UPDATE job_leases
SET holder = @holder, held_until = @held_until
WHERE job = @job AND (holder IS NULL OR holder = @holder OR held_until <= @now)
