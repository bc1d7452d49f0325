-- Who holds the job's lease. No row, or one per row of the job. Reads job_leases.
SELECT holder
FROM job_leases
WHERE job = @job
