-- How far collector and detector have come as of @as_of: what the newest collections have read, and what the newest run of
-- the detector has handled. One row; NULL where there was none. Reads job_runs, from @since on.
SELECT
  MAX(IF(job = 'collector' AND COALESCE(finished_at, started_at) <= @as_of, read_until, NULL)) AS read_until,
  MAX(IF(job = @job AND window_to <= @as_of AND part > 0, arrivals_up_to, NULL)) AS handled_seq,
  MAX(IF(job = @job AND window_to <= @as_of AND part > 0, read_until, NULL)) AS judged_until
FROM job_runs
WHERE status = 'ok' AND started_at >= @since
