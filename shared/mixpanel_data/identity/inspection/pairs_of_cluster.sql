-- Lists the pairs that make a cluster, in order of their links; `in_all` counts them.
-- One row per pair, at most @most. Pairs do not follow mergers of clusters, so they are found by their links.
-- Reads identity_members, identity_links and identity_permutations.
SELECT
  pairs.link_no,
  pairs.ids,
  pairs.linked_at,
  pairs.inserted_at,
  COUNT(*) OVER () AS in_all
FROM identity_permutations AS pairs
WHERE
  pairs.link_no IN (
    SELECT links.link_no
    FROM identity_links AS links
    INNER JOIN identity_members AS members ON members.id = links.id_a
    WHERE links.status = 'linked' AND members.until IS NULL AND members.cluster_id = @cluster_id
  )
ORDER BY pairs.link_no
LIMIT @most
