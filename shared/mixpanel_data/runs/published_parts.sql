-- The windows that unfinished runs of the job over the same request have published since @since, unless a later run over
-- that request ended well. One row per part, in order of event time. Reads job_runs, from @since on.
SELECT parts.window_from, parts.window_to
FROM job_runs AS parts
INNER JOIN job_runs AS runs ON runs.run_id = parts.run_id AND runs.part = 0
WHERE
  parts.part > 0
  AND parts.status = 'ok'
  AND parts.started_at >= @since
  AND runs.started_at >= @since
  AND runs.job = @job
  AND runs.status <> 'ok'
  AND runs.request = @request
  AND runs.started_at > COALESCE((
    SELECT MAX(done.started_at)
    FROM job_runs AS done
    WHERE
      done.part = 0
      AND done.status = 'ok'
      AND done.started_at >= @since
      AND done.job = @job
      AND done.request = @request
  ), @since)
ORDER BY parts.window_from
