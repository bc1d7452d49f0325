-- Lists the first @most days and event names that are marked and due: of yesterday and later at any time, and older ones
-- once a day, in the first run that ends well after @midnight. They are due at once as long as nothing was ever judged,
-- and while a run that marked days for it (takes_all) has not ended well.
-- One row per UTC day and event name, in their order.
-- Reads registry_pending, registry_judged and job_runs.
SELECT DISTINCT
  pending.day,
  pending.event_name
FROM registry_pending AS pending
WHERE
  pending.day >= @yesterday
  OR NOT EXISTS (SELECT 1 FROM registry_judged)
  OR NOT EXISTS (
    SELECT 1
    FROM job_runs AS done
    WHERE done.job = @job AND done.part = 0 AND done.status = 'ok' AND done.started_at >= @midnight
  )
  OR EXISTS (
    SELECT 1
    FROM job_runs AS parts
    INNER JOIN job_runs AS runs ON runs.run_id = parts.run_id AND runs.part = 0 AND runs.status <> 'ok'
    WHERE
      parts.job = @job
      AND parts.part > 0
      AND JSON_VALUE(parts.figures, '$.takes_all') = 'true'
      AND parts.started_at >= COALESCE(
        (
          SELECT MAX(done.started_at)
          FROM job_runs AS done
          WHERE done.job = @job AND done.part = 0 AND done.status = 'ok'
        ),
        parts.started_at
      )
  )
ORDER BY pending.day, pending.event_name
LIMIT @most
