-- Shows what each day contributed to the totals of one user or cluster, oldest day first.
-- One row per distinct id and UTC day.
-- Reads user_daily_metrics, all its partitions, and user_clusters.
SELECT *
FROM user_daily_metrics
WHERE
  distinct_id = @distinct_id
  -- The ids of a cluster.
  OR distinct_id IN (
    SELECT clusters.distinct_id
    FROM user_clusters AS clusters
    WHERE clusters.cluster_id = @distinct_id
  )
ORDER BY day, distinct_id
