-- Finds the devices that now belong to another user than before, or to none: a device belongs to the user of its first
-- linked link.
-- One row per device; user_id is NULL for a device that belongs to nobody any more.
-- Reads settled, region_ids and identity_associations. Materialised as association_changes.
WITH
  -- One row per linked link between a device and a user.
  of_devices AS (
    SELECT
      link_no,
      IF(kind_a = 'device', id_a, id_b) AS device,
      IF(kind_a = 'device', id_b, id_a) AS user,
      linked_at
    FROM settled
    WHERE
      status = 'linked'
      AND ((kind_a = 'device' AND kind_b = 'user') OR (kind_a = 'user' AND kind_b = 'device'))
  ),
  -- One row per device.
  firsts AS (
    SELECT device, MIN(link_no) AS link_no
    FROM of_devices
    GROUP BY device
  ),
  -- One row per device, without the prefix, which connectors add.
  fresh AS (
    SELECT
      REGEXP_REPLACE(of_devices.device, r'^[$]device:', '') AS device_id,
      of_devices.user AS user_id,
      of_devices.linked_at
    FROM of_devices
    INNER JOIN firsts ON firsts.link_no = of_devices.link_no AND firsts.device = of_devices.device
  ),
  -- One row per device whose links were all judged anew.
  judged_anew AS (
    SELECT REGEXP_REPLACE(devices.id, r'^[$]device:', '') AS device_id
    FROM (
      -- One row per device of the judged links. A user may be called as a device is without its prefix.
      SELECT id_a AS id
      FROM settled
      WHERE kind_a = 'device'
      UNION DISTINCT
      SELECT id_b AS id
      FROM settled
      WHERE kind_b = 'device'
    ) AS devices
    INNER JOIN region_ids ON region_ids.id = devices.id
  )
SELECT
  COALESCE(fresh.device_id, stored.device_id) AS device_id,
  fresh.user_id,
  fresh.linked_at,
  stored.device_id IS NOT NULL AS is_stored
FROM fresh
FULL JOIN identity_associations AS stored ON stored.device_id = fresh.device_id
LEFT JOIN judged_anew ON judged_anew.device_id = COALESCE(fresh.device_id, stored.device_id)
WHERE
  (stored.device_id IS NULL)
  OR (judged_anew.device_id IS NOT NULL AND fresh.user_id IS DISTINCT FROM stored.user_id)
