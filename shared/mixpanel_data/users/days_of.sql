-- What each day contributed to one user's totals, in order: one row per id and day. Reads user_daily_metrics.
SELECT *
FROM user_daily_metrics
WHERE
  distinct_id = @distinct_id
  OR distinct_id IN (SELECT clusters.distinct_id FROM user_clusters AS clusters WHERE clusters.cluster_id = @distinct_id)
ORDER BY day, distinct_id
