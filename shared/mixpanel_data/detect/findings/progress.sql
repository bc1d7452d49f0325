-- Finds how far collector and detector have come as of @as_of: the event time that collections have read up to, and the
-- event time and arrival that the detector has judged up to. One row; NULL where there was none.
-- Reads job_runs, from @since on.
SELECT
  MAX(IF(job = 'collector' AND COALESCE(finished_at, started_at) <= @as_of, read_until, NULL)) AS read_until,
  MAX(IF(job = 'detector' AND window_to <= @as_of AND part > 0, arrivals_up_to, NULL)) AS handled_seq,
  MAX(IF(job = 'detector' AND window_to <= @as_of AND part > 0, read_until, NULL)) AS judged_until
FROM job_runs
WHERE status = 'ok' AND started_at >= @since
