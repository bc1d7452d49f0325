-- Lists the next pairs of ids that Mixpanel was not asked to merge yet, in the order of their links.
-- One row per pair of two ids whose link comes after @after_link, at most @most.
-- Reads identity_permutations and identity_pushes.
WITH
  -- One row per pair of two ids.
  pairs AS (
    SELECT
      link_no,
      ids[SAFE_OFFSET(0)] AS id_a,
      ids[SAFE_OFFSET(1)] AS id_b,
      -- The same whenever the pair is sent, and a time that Mixpanel takes: neither before 1971 nor to come.
      GREATEST(LEAST(linked_at, inserted_at), TIMESTAMP '1971-01-01 00:00:00+00') AS merged_at
    FROM identity_permutations
    WHERE link_no > @after_link AND ARRAY_LENGTH(ids) = 2
  )
SELECT pairs.link_no, pairs.id_a, pairs.id_b, pairs.merged_at
FROM pairs
LEFT JOIN identity_pushes AS pushes
  ON
    LEAST(pushes.id_a, pushes.id_b) = LEAST(pairs.id_a, pairs.id_b)
    AND GREATEST(pushes.id_a, pushes.id_b) = GREATEST(pairs.id_a, pairs.id_b)
WHERE pushes.id_a IS NULL
ORDER BY pairs.link_no
LIMIT @most
