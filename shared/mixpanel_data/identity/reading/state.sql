-- Finds all that tells a run whether there is anything to do, and what it answers then: what the guards say, how far
-- sources were read, the arrivals since @since as arrivals.sql has them, and the size of the graph.
-- One row. Each of sources is a row of identity_sources, as JSON. Of the sources of events, @event_sources: read_at, when
-- they were read, and pending, the UTC days that changed since. recent_events: all events of yesterday and today.
-- Reads job_locks, identity_sources, event_arrivals since @since, event_minutes in [@yesterday_starts,
-- @tomorrow_starts), current_identity_graph and identity_conflicts.
WITH
  -- One row; NULLs where none was read.
  reached AS (
    SELECT
      MIN(SAFE_CAST(read_up_to AS INT64)) AS seq,
      MIN(updated_at) AS read_at
    FROM identity_sources
    WHERE source IN UNNEST(@event_sources)
  )
SELECT
  locks.published,
  locks.zone,
  locks.project_id,
  locks.events_table,
  ARRAY(
    SELECT
      TO_JSON_STRING(
        JSON_OBJECT(
          'definition', definition,
          'older_read_on', CAST(older_read_on AS STRING),
          'older_read_up_to', older_read_up_to,
          'read_up_to', read_up_to,
          'source', source
        )
      ) AS entry
    FROM identity_sources
    ORDER BY source, definition
  ) AS sources,
  arrivals.newest_seq,
  arrivals.oldest_seq,
  arrivals.publications,
  arrivals.pending,
  (SELECT reached.read_at FROM reached) AS read_at,
  minutes.events AS recent_events,
  graph.clusters,
  graph.ids,
  graph.pairs,
  (SELECT COUNT(*) FROM identity_conflicts WHERE until IS NULL) AS conflicts
FROM (
  -- One row.
  SELECT
    COALESCE(MAX(IF(job = @job, n, NULL)), 0) AS published,
    MAX(IF(job = @job, zone, NULL)) AS zone,
    STRING_AGG(DISTINCT project_id, ' and ' ORDER BY project_id) AS project_id,
    STRING_AGG(DISTINCT events_table, ' and ' ORDER BY events_table) AS events_table
  FROM job_locks
) AS locks
CROSS JOIN (
  -- One row.
  SELECT
    MAX(each.seq) AS newest_seq,
    MIN(each.seq) AS oldest_seq,
    COUNT(DISTINCT each.seq) AS publications,
    COUNT(DISTINCT IF(each.seq > reached.seq, each.day, NULL)) AS pending
  FROM event_arrivals AS each
  CROSS JOIN reached
  WHERE each.arrived_at >= @since
) AS arrivals
CROSS JOIN (
  -- One row.
  SELECT COALESCE(SUM(events), 0) AS events
  FROM event_minutes
  WHERE minute >= @yesterday_starts AND minute < @tomorrow_starts
) AS minutes
CROSS JOIN (
  -- One row. A cluster of n ids has n - 1 pairs, and an id that is its whole cluster has a row by itself.
  SELECT
    COUNT(*) AS clusters,
    COALESCE(SUM(size), 0) AS ids,
    COALESCE(SUM(IF(size = 1, 1, size - 1)), 0) AS pairs
  FROM current_identity_graph
) AS graph
