-- Removes the contributions of users who no longer have an event on a day.
-- One row per distinct id and UTC day. The alias begins with _, because a metric may be called daily.
-- Reads daily_changes. Writes user_daily_metrics, on @days only; a repeat finds none.
DELETE FROM user_daily_metrics AS _daily
WHERE
  _daily.day IN UNNEST(@days)
  AND EXISTS (
    SELECT 1
    FROM daily_changes AS changes
    WHERE changes._is_gone AND changes.distinct_id = _daily.distinct_id AND changes.day = _daily.day
  )
