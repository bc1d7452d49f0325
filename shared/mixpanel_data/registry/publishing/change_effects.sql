-- Finds what becomes of the changes of some events: those of their properties for a batch, for the last part those of
-- all events themselves. A change that no longer follows is retracted; one that is stored is restored, or gets its new
-- evidence.
-- One row per change that is inserted, updated or retracted, by `effect`.
-- Reads given_changes, batch_names and schema_changes. Materialised as change_effects; after it was published, a repeat
-- finds none.
WITH
  -- One row per change.
  stored AS (
    SELECT
      changes.change_id,
      changes.retracted_at IS NOT NULL AS is_retracted,
      -- Evidence of an event's own changes is renewed in its batch, before the last part judges the event.
      (changes.property IS NULL) = @is_of_events AS is_judged,
      FARM_FINGERPRINT(TO_JSON_STRING(changes.evidence)) AS fingerprint
    FROM schema_changes AS changes
    LEFT JOIN batch_names ON batch_names.event_name = changes.event_name
    WHERE batch_names.event_name IS NOT NULL OR (@is_of_events AND changes.property IS NULL)
  )
SELECT
  COALESCE(given.change_id, stored.change_id) AS change_id,
  CASE
    WHEN stored.change_id IS NULL THEN 'insert'
    WHEN given.change_id IS NULL THEN 'retract'
    ELSE 'update'
  END AS effect,
  given.day,
  given.kind,
  given.event_name,
  given.property,
  given.path,
  given.before,
  given.after,
  given.is_breaking,
  given.evidence
FROM given_changes AS given
FULL JOIN stored ON stored.change_id = given.change_id
WHERE
  stored.change_id IS NULL
  OR (given.change_id IS NULL AND stored.is_judged AND NOT stored.is_retracted)
  OR (given.change_id IS NOT NULL AND stored.is_retracted)
  OR (given.evidence IS NOT NULL AND FARM_FINGERPRINT(TO_JSON_STRING(given.evidence)) <> stored.fingerprint)
