-- Finds the links to judge where no stored link has to be judged anew: those of the part.
-- One row per link; old_status is '' for a link that is not stored yet.
-- Reads part_links. Materialised as links_to_judge.
SELECT
  link_no,
  id_a,
  kind_a,
  id_b,
  kind_b,
  first_seen AS linked_at,
  '' AS old_status
FROM part_links
