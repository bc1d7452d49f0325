-- Adds the associations of devices that belong to a user now.
-- One row per device.
-- Reads association_changes. Writes identity_associations; a repeat finds none.
INSERT INTO identity_associations (association_id, event_name, time, device_id, user_id, inserted_at)
SELECT
  TO_HEX(SHA256(CONCAT(device_id, CHR(31), user_id))) AS association_id,
  'Identity Link' AS event_name,
  linked_at AS time,
  device_id,
  user_id,
  @finished_at AS inserted_at
FROM association_changes
WHERE user_id IS NOT NULL
