-- Numbers the pairs that are not linked yet, in the order of arrival: behind all links, by time, source and ids.
-- One row per new link.
-- Reads candidates and known_links. Materialised as new_links; when they are stored, a repeat finds none.
SELECT
  @newest_link + ROW_NUMBER() OVER (
    ORDER BY candidates.first_seen, candidates.source, candidates.id_a, candidates.id_b
  ) AS link_no,
  candidates.id_a,
  candidates.kind_a,
  candidates.id_b,
  candidates.kind_b,
  candidates.source,
  candidates.first_seen,
  candidates.last_seen
FROM candidates
LEFT JOIN known_links AS known
  ON known.source = candidates.source AND known.id_a = candidates.id_a AND known.id_b = candidates.id_b
WHERE candidates.id_a IS NOT NULL AND known.link_no IS NULL
