-- Finds the stored links of the pairs that were found, whichever end they list first.
-- One row per link, with id_a and id_b in the order of the pair; is_seen_again where the times of the link change: seen
-- earlier than first_seen, or on a later day than last_seen.
-- Reads candidates and seen_links. Materialised as known_links.
SELECT
  candidates.source,
  candidates.id_a,
  candidates.id_b,
  links.link_no,
  candidates.first_seen < links.first_seen OR DATE(candidates.last_seen) > DATE(links.last_seen) AS is_seen_again,
  LEAST(links.first_seen, candidates.first_seen) AS first_seen,
  IF(DATE(candidates.last_seen) > DATE(links.last_seen), candidates.last_seen, links.last_seen) AS last_seen
FROM candidates
INNER JOIN seen_links AS links
  ON
    links.source = candidates.source
    AND LEAST(links.id_a, links.id_b) = LEAST(candidates.id_a, candidates.id_b)
    AND GREATEST(links.id_a, links.id_b) = GREATEST(candidates.id_a, candidates.id_b)
