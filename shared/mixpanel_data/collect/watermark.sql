-- Up to when the collector has read what arrived: the newest of its parts that asked for arrivals. One row, NULL at first.
-- Reads job_runs.
SELECT MAX(NULLIF(CAST(JSON_VALUE(figures, '$.arrived_until_ms') AS INT64), 0)) AS arrived_until_ms
FROM job_runs
WHERE job = @job AND part > 0 AND status = 'ok'
