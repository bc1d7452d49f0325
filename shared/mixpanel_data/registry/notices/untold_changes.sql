-- Lists the breaking changes on the days from @first_day to @last_day that hold once the last part of a run is published,
-- and that no notice has announced yet.
-- One row per change, at most @most, the newest first.
-- Reads change_effects, schema_changes and alert_messages.
WITH
  -- One row per change that holds afterwards.
  standing AS (
    SELECT
      stored.change_id,
      stored.day,
      stored.kind,
      stored.event_name,
      stored.property,
      stored.path,
      stored.before,
      stored.after,
      stored.is_breaking,
      COALESCE(effects.evidence, stored.evidence) AS evidence
    FROM schema_changes AS stored
    LEFT JOIN change_effects AS effects ON effects.change_id = stored.change_id
    WHERE
      IF(effects.effect IS NULL, stored.retracted_at IS NULL, effects.effect = 'update')
    UNION ALL
    SELECT change_id, day, kind, event_name, property, path, before, after, is_breaking, evidence
    FROM change_effects
    WHERE effect = 'insert'
  ),
  -- One row per subject of an earlier notice.
  announced AS (
    SELECT DISTINCT subject AS change_id
    FROM alert_messages
    CROSS JOIN UNNEST(about) AS subject
    WHERE kind = 'notice'
  )
SELECT
  standing.change_id,
  standing.day,
  standing.kind,
  standing.event_name,
  standing.property,
  standing.path,
  standing.before,
  standing.after,
  standing.evidence
FROM standing
LEFT JOIN announced ON announced.change_id = standing.change_id
WHERE
  announced.change_id IS NULL
  AND standing.is_breaking
  AND standing.day >= @first_day
  AND standing.day <= @last_day
ORDER BY standing.day DESC, standing.event_name, standing.property, standing.path, standing.kind, standing.change_id
LIMIT @most
