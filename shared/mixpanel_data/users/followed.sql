-- Finds how far the job has followed identity_members: the position that its last part about clusters noted.
-- No row before the first. watermark is NULL where the clusters that ids count for are not those of identity_members.
-- Reads job_runs.
SELECT
  watermark,
  CAST(JSON_VALUE(figures, '$.position_number') AS INT64) AS position_number,
  JSON_VALUE(figures, '$.members_checksum') AS checksum
FROM job_runs
WHERE
  job = @job
  AND part > 0
  AND JSON_VALUE(figures, '$.position_number') IS NOT NULL
-- Not by time: clocks may disagree or stand still.
ORDER BY position_number DESC
LIMIT 1
