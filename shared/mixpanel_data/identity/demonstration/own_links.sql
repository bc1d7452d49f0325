-- Finds the links of the demonstration: whether each is split, by whom, and whether
-- another source links the same two ids.
-- One row per link, in order of arrival.
-- Reads identity_links and identity_decisions.
WITH
  -- One row per link of the demonstration.
  own AS (
    SELECT link_no, id_a, id_b, status, LEAST(id_a, id_b) AS lesser, GREATEST(id_a, id_b) AS greater
    FROM identity_links
    WHERE source = 'demonstration'
  ),
  -- One row per link of the demonstration between two ids that another source links too.
  shared AS (
    SELECT DISTINCT own.link_no
    FROM own
    INNER JOIN identity_links AS links
      ON LEAST(links.id_a, links.id_b) = own.lesser AND GREATEST(links.id_a, links.id_b) = own.greater
    WHERE links.source <> 'demonstration'
  )
SELECT
  own.id_a,
  own.id_b,
  own.status = 'split' AS is_split,
  decisions.origin AS split_by,
  shared.link_no IS NOT NULL AS has_other_source
FROM own
LEFT JOIN shared ON shared.link_no = own.link_no
LEFT JOIN identity_decisions AS decisions
  ON decisions.id_a = own.lesser AND decisions.id_b = own.greater AND decisions.decision = 'split'
ORDER BY own.link_no
