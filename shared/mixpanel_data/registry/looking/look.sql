-- Looks whether there is anything to do, before a run begins: what the newest run left that nobody has published after,
-- and what arrived since. last is NULL where a run has to find out by itself.
-- One row. new_seq is NULL where nothing arrived; has_new_name: an event came whose name the registry lacks; recent_events:
-- all events of yesterday and today; pending: days of a name that wait or arrived.
-- Reads job_locks, job_runs and event_arrivals from @since on, event_minutes in [@yesterday_starts, @tomorrow_starts),
-- event_registry and registry_pending.
WITH
  -- One row.
  guards AS (
    SELECT
      MIN(NULLIF(project_id, '')) AS least_project,
      MAX(NULLIF(project_id, '')) AS greatest_project,
      MIN(NULLIF(events_table, '')) AS least_table,
      MAX(NULLIF(events_table, '')) AS greatest_table,
      COALESCE(MAX(IF(job = @job, n, NULL)), 0) AS published
    FROM job_locks
  ),
  -- One row: the newest run that ended well and after which nobody has published; none if somebody has.
  newest AS (
    SELECT
      guards.published,
      runs.request,
      runs.figures,
      CAST(JSON_VALUE(runs.figures, '$.arrivals_up_to') AS INT64) AS arrivals_up_to
    FROM job_runs AS runs
    INNER JOIN guards ON guards.published = CAST(JSON_VALUE(runs.figures, '$.published') AS INT64)
    WHERE runs.started_at >= @since AND runs.job = @job AND runs.part = 0 AND runs.status = 'ok'
    ORDER BY runs.started_at DESC, runs.finished_at DESC
    LIMIT 1
  ),
  -- One row per UTC day and event name that changed since.
  arrived AS (
    SELECT
      arrivals.day,
      arrivals.event_name,
      MAX(arrivals.seq) AS seq
    FROM event_arrivals AS arrivals
    INNER JOIN newest ON arrivals.seq > newest.arrivals_up_to
    WHERE arrivals.arrived_at >= @since
    GROUP BY arrivals.day, arrivals.event_name
  ),
  -- One row.
  news AS (
    SELECT
      MAX(arrived.seq) AS new_seq,
      COALESCE(
        LOGICAL_OR(registry.event_name IS NULL AND arrived.day < DATE(@tomorrow_starts)), FALSE
      ) AS has_new_name
    FROM arrived
    LEFT JOIN event_registry AS registry ON registry.event_name = arrived.event_name
  ),
  -- One row.
  sizes AS (
    SELECT COALESCE(SUM(events), 0) AS events
    FROM event_minutes
    WHERE minute >= @yesterday_starts AND minute < @tomorrow_starts
  ),
  -- One row.
  waiting AS (
    SELECT COUNT(*) AS pending
    FROM (
      -- One row per UTC day and event name.
      SELECT day, event_name
      FROM arrived
      UNION DISTINCT
      SELECT day, event_name
      FROM registry_pending
    ) AS units
  )
SELECT
  -- Of two projects or tables, which only a race leaves, both: nothing agrees then.
  IF(
    guards.least_project < guards.greatest_project,
    CONCAT(guards.least_project, ' and ', guards.greatest_project),
    COALESCE(guards.least_project, '')
  ) AS project_id,
  IF(
    guards.least_table < guards.greatest_table,
    CONCAT(guards.least_table, ' and ', guards.greatest_table),
    COALESCE(guards.least_table, '')
  ) AS events_table,
  newest.request,
  newest.figures AS last,
  news.new_seq,
  news.has_new_name,
  sizes.events AS recent_events,
  waiting.pending
FROM guards
LEFT JOIN newest ON newest.published = guards.published
CROSS JOIN news
CROSS JOIN sizes
CROSS JOIN waiting
