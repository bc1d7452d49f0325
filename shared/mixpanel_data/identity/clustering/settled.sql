-- Gives the judged links their final status, which the size limit may have changed.
-- One row per link.
-- Reads judged_links and oversized. Materialised as settled.
SELECT
  judged_links.link_no,
  judged_links.id_a,
  judged_links.id_b,
  judged_links.kind_a,
  judged_links.kind_b,
  judged_links.linked_at,
  judged_links.old_status,
  IF(oversized.link_no IS NULL, judged_links.status, 'too_large') AS status
FROM judged_links
LEFT JOIN oversized ON oversized.link_no = judged_links.link_no
