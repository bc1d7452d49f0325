-- Finds all that tells a run whether there is anything to do: what the guards say, how far arrivals were followed,
-- which days are marked, and by which definitions. Of arrivals since @recent_from alone: newest_seq, known_names (those
-- of @names), and publications, which counts those after handled_seq; an older one is missing where they are fewer than
-- newest_seq - handled_seq, because no two publications have one seq, and none is left out.
-- One row. Each of definitions is a kind, a name and a text, with a space in between.
-- Reads job_locks, job_runs, event_arrivals, user_pending_days, user_metric_definitions and user_clusters.
WITH
  -- One row. 0 before the job's first run.
  handled AS (
    SELECT COALESCE(MAX(arrivals_up_to), 0) AS seq
    FROM job_runs
    WHERE job = @job AND part > 0
  )
SELECT
  guards.published,
  guards.zone,
  guards.project_id,
  guards.events_table,
  (SELECT handled.seq FROM handled) AS handled_seq,
  arrivals.newest_seq,
  arrivals.publications,
  ARRAY(
    SELECT DISTINCT known.event_name
    FROM event_arrivals AS known
    WHERE known.arrived_at >= @recent_from AND known.event_name IN UNNEST(@names)
    ORDER BY known.event_name
  ) AS known_names,
  pending.pending_days,
  pending.due_days,
  ARRAY(
    SELECT CONCAT(kind, ' ', name, ' ', definition) AS definition
    FROM user_metric_definitions
    ORDER BY name, kind, definition
  ) AS definitions,
  EXISTS (SELECT 1 FROM user_clusters) AS is_clustered
FROM (
  -- One row: what the guards of all jobs say of the dataset, and that of @job of its runs. Of two projects or tables,
  -- which only a race leaves, both: nothing agrees with them.
  SELECT
    COALESCE(MAX(IF(job = @job, n, NULL)), 0) AS published,
    MAX(IF(job = @job, zone, NULL)) AS zone,
    STRING_AGG(DISTINCT NULLIF(project_id, ''), ' and ' ORDER BY NULLIF(project_id, '')) AS project_id,
    STRING_AGG(DISTINCT NULLIF(events_table, ''), ' and ' ORDER BY NULLIF(events_table, '')) AS events_table
  FROM job_locks
) AS guards
CROSS JOIN (
  -- One row.
  SELECT
    MAX(each.seq) AS newest_seq,
    COUNT(DISTINCT IF(each.seq > handled.seq, each.seq, NULL)) AS publications
  FROM event_arrivals AS each
  CROSS JOIN handled
  WHERE each.arrived_at >= @recent_from
) AS arrivals
CROSS JOIN (
  -- One row.
  SELECT
    COUNT(DISTINCT day) AS pending_days,
    COUNT(DISTINCT IF(day >= @from_day AND day < @to_day, day, NULL)) AS due_days
  FROM user_pending_days
) AS pending
