-- Finds the stored links whose times change: seen earlier than first_seen, or on a later day than last_seen.
-- One row per link.
-- Reads candidates and identity_links. Materialised as seen_again; when they are stored, a repeat finds none.
SELECT
  links.link_no,
  LEAST(links.first_seen, candidates.first_seen) AS first_seen,
  IF(
    DATE(candidates.last_seen) > DATE(links.last_seen),
    candidates.last_seen,
    links.last_seen
  ) AS last_seen
FROM candidates
INNER JOIN identity_links AS links
  ON
    links.source = candidates.source
    AND LEAST(links.id_a, links.id_b) = LEAST(candidates.id_a, candidates.id_b)
    AND GREATEST(links.id_a, links.id_b) = GREATEST(candidates.id_a, candidates.id_b)
WHERE
  candidates.first_seen < links.first_seen
  OR DATE(candidates.last_seen) > DATE(links.last_seen)
