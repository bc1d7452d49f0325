-- Stores what the registry is judged by from now on, while judgements are missing. One row.
-- Writes registry_judged, where delete_judged.sql left none.
INSERT INTO registry_judged (as_of, plan, version_properties, is_complete, judged_at)
SELECT
  @at AS as_of,
  @plan AS plan,
  @version_properties AS version_properties,
  FALSE AS is_complete,
  @judged_at AS judged_at
