-- Puts the job's row into job_leases where it is missing. Writes job_leases.
INSERT INTO job_leases (job)
SELECT @job
FROM (SELECT 1)
WHERE NOT EXISTS (SELECT 1 FROM job_leases AS known WHERE known.job = @job)
