-- Finds the conflicts of the part's ids and of those that are judged anew, and what becomes of the stored ones: an id
-- with too many partners, a device of several users, and links that would make a cluster too large.
-- One row per kind and id; ids has the first 20 of the other ids, in alphabetical order.
-- Reads settled, near_links, hubs, part_links, region_ids and identity_conflicts. Materialised as conflict_changes.
WITH
  -- One row per id to look at.
  scope AS (
    SELECT id_a AS id
    FROM part_links
    UNION DISTINCT
    SELECT id_b AS id
    FROM part_links
    UNION DISTINCT
    SELECT id
    FROM region_ids
  ),
  -- One row per link of these ids, with its status after the part.
  links AS (
    SELECT link_no, id_a, id_b, kind_a, kind_b, status
    FROM settled
    UNION ALL
    SELECT near.link_no, near.id_a, near.id_b, near.kind_a, near.kind_b, near.status
    FROM near_links AS near
    LEFT JOIN settled ON settled.link_no = near.link_no
    WHERE settled.link_no IS NULL
  ),
  -- One row per link and kind of conflict that it is part of.
  parts AS (
    SELECT 'hub' AS kind, links.id_a AS id, links.id_b AS other, links.link_no, TRUE AS is_out, hubs.partners
    FROM links
    INNER JOIN hubs ON hubs.id = links.id_a
    WHERE
      links.status = 'quarantined'
      AND hubs.partners > CASE links.kind_a
        WHEN 'device' THEN @device_limit
        WHEN 'user' THEN @user_limit
        ELSE @other_limit
      END
    UNION ALL
    SELECT 'hub' AS kind, links.id_b AS id, links.id_a AS other, links.link_no, TRUE AS is_out, hubs.partners
    FROM links
    INNER JOIN hubs ON hubs.id = links.id_b
    WHERE
      links.status = 'quarantined'
      AND hubs.partners > CASE links.kind_b
        WHEN 'device' THEN @device_limit
        WHEN 'user' THEN @user_limit
        ELSE @other_limit
      END
    UNION ALL
    SELECT
      'shared_device' AS kind,
      IF(kind_a = 'device', id_a, id_b) AS id,
      IF(kind_a = 'device', id_b, id_a) AS other,
      link_no,
      status = 'shared' OR NOT @elects AS is_out,
      0 AS partners
    FROM links
    WHERE
      status IN ('linked', 'shared', 'too_large')
      AND ((kind_a = 'device' AND kind_b = 'user') OR (kind_a = 'user' AND kind_b = 'device'))
    UNION ALL
    SELECT 'large_cluster' AS kind, id_a AS id, id_b AS other, link_no, TRUE AS is_out, 0 AS partners
    FROM links
    WHERE status = 'too_large'
  ),
  -- One row per kind, id and other id.
  others AS (
    SELECT kind, id, other, COUNTIF(is_out) AS links, MAX(partners) AS partners
    FROM parts
    GROUP BY kind, id, other
  ),
  -- One row per kind, id and other id, numbered in order.
  ranked AS (
    SELECT kind, id, other, links, partners, ROW_NUMBER() OVER (PARTITION BY kind, id ORDER BY other) AS rank
    FROM others
  ),
  -- One row per conflict.
  summed AS (
    SELECT
      ranked.kind,
      ranked.id,
      ARRAY_AGG(IF(ranked.rank <= 20, ranked.other, NULL) IGNORE NULLS ORDER BY ranked.other) AS ids,
      SUM(ranked.links) AS links,
      COUNT(*) AS others,
      MAX(ranked.partners) AS partners
    FROM ranked
    INNER JOIN scope ON scope.id = ranked.id
    GROUP BY ranked.kind, ranked.id
    HAVING SUM(ranked.links) > 0 AND (ranked.kind <> 'shared_device' OR COUNT(*) > 1)
  ),
  -- The same, in words.
  fresh AS (
    SELECT
      summed.kind,
      summed.id,
      summed.ids,
      summed.links,
      CASE summed.kind
        WHEN 'hub' THEN CONCAT(
          'This id has ', CAST(summed.partners AS STRING), ' partners, more than max_partners allows, so its links join',
          ' nothing. If it identifies nobody, add it to ignore; if it does, raise max_partners.'
        )
        WHEN 'shared_device' THEN IF(
          @elects,
          CONCAT(
            CAST(summed.others AS STRING), ' users were seen on this device. It belongs to the first of them; its links to',
            ' the others join nothing. Reset the device id at logout, or set shared_devices to join.'
          ),
          CONCAT(
            CAST(summed.others AS STRING), ' users were seen on this device, which joins them in one cluster. If they are',
            ' different people, split them, or set shared_devices to elect.'
          )
        )
        WHEN 'large_cluster' THEN CONCAT(
          'Links of this id (', CAST(summed.links AS STRING), ') would make a cluster of more than ',
          CAST(@largest AS STRING), ' ids, so they join nothing. Look for an id that many people share, or raise',
          ' max_cluster_size.'
        )
      END AS message
    FROM summed
  ),
  -- One row per open conflict of these ids.
  stored AS (
    SELECT conflicts.kind, conflicts.id, conflicts.links, conflicts.ids, conflicts.message
    FROM identity_conflicts AS conflicts
    INNER JOIN scope ON scope.id = conflicts.id
    WHERE conflicts.until IS NULL
  )
SELECT
  COALESCE(fresh.kind, stored.kind) AS kind,
  COALESCE(fresh.id, stored.id) AS id,
  fresh.ids,
  fresh.links,
  CASE
    WHEN fresh.id IS NULL THEN 'close'
    WHEN stored.id IS NULL THEN 'insert'
    ELSE 'update'
  END AS change,
  fresh.message
FROM fresh
FULL JOIN stored ON stored.kind = fresh.kind AND stored.id = fresh.id
WHERE
  fresh.id IS NULL
  OR stored.id IS NULL
  OR stored.links <> fresh.links
  OR stored.message <> fresh.message
  OR ARRAY_TO_STRING(stored.ids, CHR(31)) <> ARRAY_TO_STRING(fresh.ids, CHR(31))
