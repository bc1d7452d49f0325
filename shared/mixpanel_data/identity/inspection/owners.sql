-- Finds the users whom devices belong to: each device to the user of its first link that neither a decision nor a hub
-- takes out.
-- One row per device.
-- Reads identity_links.
WITH
  -- One row per link between one of the devices and a user.
  of_devices AS (
    SELECT
      links.link_no,
      IF(links.kind_a = 'device', links.id_a, links.id_b) AS device,
      IF(links.kind_a = 'device', links.id_b, links.id_a) AS owner
    FROM identity_links AS links
    WHERE
      links.status IN ('linked', 'shared', 'too_large')
      AND (
        (links.kind_a = 'device' AND links.kind_b = 'user' AND links.id_a IN UNNEST(@ids))
        OR (links.kind_a = 'user' AND links.kind_b = 'device' AND links.id_b IN UNNEST(@ids))
      )
  ),
  -- One row per device.
  firsts AS (
    SELECT device, MIN(link_no) AS link_no
    FROM of_devices
    GROUP BY device
  )
SELECT
  of_devices.device,
  of_devices.owner
FROM firsts
INNER JOIN of_devices ON of_devices.device = firsts.device AND of_devices.link_no = firsts.link_no
ORDER BY of_devices.device
