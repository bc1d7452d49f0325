-- Counts the distinct partners of ids over all their links, and tells which of the ids are reported as hubs.
-- One row per id that has a partner.
-- Reads identity_links and identity_conflicts.
WITH
  -- One row per end of a link between two ids.
  ends AS (
    SELECT id_a AS id, id_b AS partner
    FROM identity_links
    WHERE id_a <> id_b AND id_a IN UNNEST(@ids)
    UNION ALL
    SELECT id_b AS id, id_a AS partner
    FROM identity_links
    WHERE id_a <> id_b AND id_b IN UNNEST(@ids)
  )
SELECT
  ends.id,
  COUNT(DISTINCT ends.partner) AS partners,
  ends.id IN (
    SELECT conflicts.id
    FROM identity_conflicts AS conflicts
    WHERE conflicts.kind = 'hub' AND conflicts.until IS NULL
  ) AS is_hub
FROM ends
GROUP BY ends.id
ORDER BY ends.id
