-- Finds the ids with more partners than the least of the limits, over all their links, split ones too.
-- One row per id. An id whose links are not all staged is counted too low; if it is a hub, an earlier run has found it
-- and quarantined its links.
-- Reads near_links and part_links. Materialised as hubs.
SELECT
  ends.id,
  COUNT(DISTINCT ends.partner) AS partners
FROM (
  -- One row per end of a link between two ids.
  SELECT id_a AS id, id_b AS partner
  FROM near_links
  WHERE id_a <> id_b
  UNION ALL
  SELECT id_b AS id, id_a AS partner
  FROM near_links
  WHERE id_a <> id_b
  UNION ALL
  SELECT id_a AS id, id_b AS partner
  FROM part_links
  WHERE id_a <> id_b
  UNION ALL
  SELECT id_b AS id, id_a AS partner
  FROM part_links
  WHERE id_a <> id_b
) AS ends
GROUP BY ends.id
HAVING COUNT(DISTINCT ends.partner) > @least_limit
