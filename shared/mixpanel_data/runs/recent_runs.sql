-- The newest runs since @since, at most @last of them, of every job or of @job; @with_parts: also what each published.
-- One row per run, newest first, its parts behind it in order. Reads job_runs, from @since on.
-- All columns, since a table of an earlier version has fewer until a run completes it.
SELECT entries.*
FROM job_runs AS entries
INNER JOIN (
  -- One row per run.
  SELECT run_id
  FROM job_runs
  WHERE part = 0 AND started_at >= @since AND @job IN ('', job)
  ORDER BY started_at DESC, run_id DESC
  LIMIT @last
) AS runs ON runs.run_id = entries.run_id
WHERE entries.started_at >= @since AND (entries.part = 0 OR @with_parts)
ORDER BY entries.started_at DESC, entries.run_id DESC, entries.part
