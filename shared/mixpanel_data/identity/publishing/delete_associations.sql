-- Removes the associations of devices that belong to another user or to none.
-- One row per device.
-- Reads association_changes. Writes identity_associations; a repeat finds none.
DELETE FROM identity_associations AS stored
WHERE stored.device_id IN (
  SELECT changes.device_id FROM association_changes AS changes WHERE changes.is_stored
)
