-- Finds the ids with too many partners again, once the links of the region are there: conflicts name the hubs among its
-- ids too, not only among those of the part.
-- One row per id.
-- Reads near_links and links_to_judge. Materialised as hubs.
SELECT
  ends.id,
  COUNT(DISTINCT ends.partner) AS partners
FROM (
  -- One row per end of a link between two ids; a link that stands in both relations counts once.
  SELECT id_a AS id, id_b AS partner
  FROM near_links
  WHERE id_a <> id_b
  UNION ALL
  SELECT id_b AS id, id_a AS partner
  FROM near_links
  WHERE id_a <> id_b
  UNION ALL
  SELECT id_a AS id, id_b AS partner
  FROM links_to_judge
  WHERE id_a <> id_b
  UNION ALL
  SELECT id_b AS id, id_a AS partner
  FROM links_to_judge
  WHERE id_a <> id_b
) AS ends
GROUP BY ends.id
HAVING COUNT(DISTINCT ends.partner) > @least_limit
