-- Settles the status of the judged links.
-- One row per link.
-- Reads judged and oversized. Materialised as settled.
SELECT
  judged.link_no,
  judged.id_a,
  judged.id_b,
  judged.kind_a,
  judged.kind_b,
  judged.linked_at,
  judged.old_status,
  IF(oversized.link_no IS NULL, judged.status, 'too_large') AS status
FROM judged
LEFT JOIN oversized ON oversized.link_no = judged.link_no
