-- Finds the stored links that have to be judged anew: they become split or quarantined, or no longer are.
-- One row per link. A quarantined link stays so unless all links are judged anew: partners only become more.
-- Reads near_links, hubs and split_pairs. Materialised as reopened.
SELECT
  standing.link_no,
  standing.id_a,
  standing.id_b
FROM (
  -- One row per stored link.
  SELECT
    links.link_no,
    links.id_a,
    links.id_b,
    links.status,
    splits.id_a IS NOT NULL AS is_split,
    COALESCE(hubs_a.partners > CASE links.kind_a
      WHEN 'device' THEN @device_limit
      WHEN 'user' THEN @user_limit
      ELSE @other_limit
    END, FALSE)
    OR COALESCE(hubs_b.partners > CASE links.kind_b
      WHEN 'device' THEN @device_limit
      WHEN 'user' THEN @user_limit
      ELSE @other_limit
    END, FALSE) AS is_of_hub
  FROM near_links AS links
  LEFT JOIN split_pairs AS splits
    ON splits.id_a = LEAST(links.id_a, links.id_b) AND splits.id_b = GREATEST(links.id_a, links.id_b)
  LEFT JOIN hubs AS hubs_a ON hubs_a.id = links.id_a
  LEFT JOIN hubs AS hubs_b ON hubs_b.id = links.id_b
) AS standing
WHERE
  (standing.is_split AND standing.status <> 'split')
  OR (NOT standing.is_split AND standing.status = 'split')
  OR (NOT standing.is_split AND standing.is_of_hub AND standing.status IN ('linked', 'shared', 'too_large'))
