-- Records the part as published, with figures counted from what was staged and what changed.
-- received = inserted + updated + duplicates + rejected + filtered. Reads incoming and changes. Writes job_runs.
INSERT INTO job_runs (
  run_id, part, job, status, started_at, finished_at, window_from, window_to, read_until, figures
)
SELECT
  @run_id AS run_id,
  @part AS part,
  @job AS job,
  'ok' AS status,
  @started_at AS started_at,
  @finished_at AS finished_at,
  @part_from AS window_from,
  @part_to AS window_to,
  IF(@has_read_all, @part_to, NULL) AS read_until,
  JSON_OBJECT(
    'received', lines.received,
    'inserted', published.inserted,
    'updated', published.updated,
    'duplicates', lines.wanted - published.inserted - published.updated,
    'rejected', lines.rejected,
    'filtered', lines.received - lines.wanted - lines.rejected,
    'bytes', @bytes,
    'calls', @calls,
    'arrived_until_ms', @arrived_until_ms
  ) AS figures
FROM (
  SELECT COUNT(*) AS received, COUNTIF(is_wanted) AS wanted, COUNTIF(reason IS NOT NULL) AS rejected
  FROM incoming
) AS lines
CROSS JOIN (
  SELECT COUNTIF(stored_timestamp IS NULL) AS inserted, COUNTIF(stored_timestamp IS NOT NULL) AS updated
  FROM changes
) AS published
