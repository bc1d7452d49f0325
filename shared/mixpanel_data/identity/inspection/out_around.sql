-- Finds the links that are out and lead from the clusters of two ids to one id, or one other cluster, between them.
-- One row per link: of each side the first to each such place, at most @most places, the longest known first.
-- Reads identity_members and identity_links.
WITH
  -- One row per id, with the side that it is on.
  sides AS (
    SELECT members.id, members.cluster_id = @cluster_a AS is_first
    FROM identity_members AS members
    WHERE members.until IS NULL AND members.cluster_id IN (@cluster_a, @cluster_b)
    UNION DISTINCT
    SELECT @id_a AS id, TRUE AS is_first
    UNION DISTINCT
    SELECT @id_b AS id, FALSE AS is_first
  ),
  -- One row per end of a link that is out.
  ends AS (
    SELECT out_links.link_no, out_links.id_a AS id, out_links.id_b AS partner
    FROM identity_links AS out_links
    WHERE out_links.status <> 'linked'
    UNION ALL
    SELECT out_links.link_no, out_links.id_b AS id, out_links.id_a AS partner
    FROM identity_links AS out_links
    WHERE out_links.status <> 'linked'
  ),
  -- One row per side and place: the cluster of the partner, or the partner itself where it is in none.
  ways AS (
    SELECT
      sides.is_first,
      COALESCE(members.cluster_id, ends.partner) AS place,
      MIN(ends.link_no) AS link_no
    FROM sides
    INNER JOIN ends ON ends.id = sides.id
    LEFT JOIN identity_members AS members ON members.id = ends.partner AND members.until IS NULL
    GROUP BY sides.is_first, place
  ),
  -- One row per place that both sides lead to.
  places AS (
    SELECT
      place,
      MAX(link_no) AS known_since
    FROM ways
    GROUP BY place
    HAVING COUNT(*) = 2
    ORDER BY known_since, place
    LIMIT @most
  )
SELECT
  links.link_no,
  links.id_a,
  links.kind_a,
  links.id_b,
  links.kind_b,
  links.source,
  links.first_seen,
  links.status
FROM places
INNER JOIN ways ON ways.place = places.place
INNER JOIN identity_links AS links ON links.link_no = ways.link_no
ORDER BY places.known_since, places.place, links.link_no
