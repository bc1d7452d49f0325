-- Removes the contributions of those who have no events on a day any more.
-- Reads daily_changes. Writes user_daily_metrics, on @days only.
DELETE FROM user_daily_metrics AS daily
WHERE
  daily.day IN UNNEST(@days)
  AND EXISTS (
    SELECT 1
    FROM daily_changes AS changes
    WHERE changes._is_gone AND changes.distinct_id = daily.distinct_id AND changes.day = daily.day
  )
