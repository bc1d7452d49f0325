-- Lists the days on which each event was seen.
-- One row per event name and UTC day, in this order; has_others says that the event had more properties than are listed.
-- Reads event_observations.
SELECT
  event_name,
  day,
  SUM(IF(type = 'event', events, 0)) AS events,
  SUM(IF(type = 'event', sampled, 0)) AS sampled,
  MIN(IF(type = 'event', first_seen, NULL)) AS first_seen,
  MAX(IF(type = 'event', last_seen, NULL)) AS last_seen,
  LOGICAL_OR(type = 'others') AS has_others
FROM event_observations
WHERE type IN ('event', 'others')
GROUP BY event_name, day
ORDER BY event_name, day
