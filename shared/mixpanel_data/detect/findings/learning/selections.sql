-- Finds which events collector and detector were asked for, and when that changed: of successive runs over the same
-- selection the first and the last, by the event time up to which they read; and each collection of a window of event
-- time (is_window). One row per run; selection is a JSON list: whether the names behind it are wanted, and the names.
-- Reads job_runs, runs from @since on that had ended as of @as_of.
WITH
  -- One row per run over all enabled events. Its request ends with the selection, the first list that a blank precedes.
  recorded AS (
    SELECT
      job,
      read_until,
      window_from,
      window_to,
      job = 'collector' AND watermark_from IS NULL AS is_window,
      SUBSTR(request, STRPOS(request, ' [') + 1) AS selection
    FROM job_runs
    WHERE
      started_at >= @since
      AND COALESCE(finished_at, started_at) <= @as_of
      AND part = 0
      AND status = 'ok'
      AND job IN ('collector', 'detector')
      AND read_until IS NOT NULL
      AND STRPOS(request, ' [') > 0
  ),
  -- One row per run that goes on from the one before, with the selections before and after it.
  successive AS (
    SELECT
      job,
      read_until,
      window_from,
      window_to,
      is_window,
      selection,
      LAG(selection) OVER (PARTITION BY job ORDER BY read_until, selection) AS selection_before,
      LEAD(selection) OVER (PARTITION BY job ORDER BY read_until, selection) AS selection_after
    FROM recorded
    WHERE NOT is_window
  )
SELECT job, read_until, window_from, window_to, is_window, selection
FROM successive
WHERE
  selection_before IS NULL
  OR selection_before <> selection
  OR selection_after IS NULL
  OR selection_after <> selection
UNION ALL
SELECT job, read_until, window_from, window_to, is_window, selection
FROM recorded
WHERE is_window
