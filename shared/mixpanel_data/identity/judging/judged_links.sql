-- Judges links by all rules but the size of clusters: which remain, and which are out by hand, by a hub, or because
-- their device belongs to another user.
-- One row per link; status 'linked' for those that remain.
-- Reads links_to_judge, near_links, hubs and split_pairs. Materialised as judged_links.
WITH
  -- One row per link to judge.
  standing AS (
    SELECT
      links.link_no,
      links.id_a,
      links.id_b,
      links.kind_a,
      links.kind_b,
      links.linked_at,
      links.old_status,
      CASE
        WHEN splits.id_a IS NOT NULL THEN 'split'
        WHEN
          COALESCE(hubs_a.partners > CASE links.kind_a
            WHEN 'device' THEN @device_limit
            WHEN 'user' THEN @user_limit
            ELSE @other_limit
          END, FALSE)
          OR COALESCE(hubs_b.partners > CASE links.kind_b
            WHEN 'device' THEN @device_limit
            WHEN 'user' THEN @user_limit
            ELSE @other_limit
          END, FALSE)
          OR (NOT @is_of_all AND links.old_status = 'quarantined')
          THEN 'quarantined'
        ELSE 'linked'
      END AS status
    FROM links_to_judge AS links
    LEFT JOIN split_pairs AS splits
      ON splits.id_a = LEAST(links.id_a, links.id_b) AND splits.id_b = GREATEST(links.id_a, links.id_b)
    LEFT JOIN hubs AS hubs_a ON hubs_a.id = links.id_a
    LEFT JOIN hubs AS hubs_b ON hubs_b.id = links.id_b
  ),
  -- One row per link between a device and a user that remains, of the devices of these links.
  of_devices AS (
    SELECT
      link_no,
      IF(kind_a = 'device', id_a, id_b) AS device,
      IF(kind_a = 'device', id_b, id_a) AS user
    FROM standing
    WHERE
      @elects
      AND status = 'linked'
      AND ((kind_a = 'device' AND kind_b = 'user') OR (kind_a = 'user' AND kind_b = 'device'))
    UNION DISTINCT
    SELECT
      near.link_no,
      IF(near.kind_a = 'device', near.id_a, near.id_b) AS device,
      IF(near.kind_a = 'device', near.id_b, near.id_a) AS user
    FROM near_links AS near
    LEFT JOIN standing ON standing.link_no = near.link_no
    WHERE
      @elects
      AND standing.link_no IS NULL
      AND near.status IN ('linked', 'shared', 'too_large')
      AND ((near.kind_a = 'device' AND near.kind_b = 'user') OR (near.kind_a = 'user' AND near.kind_b = 'device'))
  ),
  -- One row per device: its first remaining link to any user.
  firsts AS (
    SELECT device, MIN(link_no) AS link_no
    FROM of_devices
    GROUP BY device
  ),
  -- One row per device: the user whom it belongs to.
  owners AS (
    SELECT of_devices.device, of_devices.user
    FROM of_devices
    INNER JOIN firsts ON firsts.link_no = of_devices.link_no AND firsts.device = of_devices.device
  )
SELECT
  standing.link_no,
  standing.id_a,
  standing.id_b,
  standing.kind_a,
  standing.kind_b,
  standing.linked_at,
  standing.old_status,
  CASE
    WHEN standing.status <> 'linked' THEN standing.status
    WHEN standing.kind_a = 'device' AND standing.kind_b = 'user' AND owners_a.user <> standing.id_b THEN 'shared'
    WHEN standing.kind_b = 'device' AND standing.kind_a = 'user' AND owners_b.user <> standing.id_a THEN 'shared'
    ELSE 'linked'
  END AS status
FROM standing
LEFT JOIN owners AS owners_a ON owners_a.device = standing.id_a
LEFT JOIN owners AS owners_b ON owners_b.device = standing.id_b
