-- Stores the status of links that were judged anew, where it changed.
-- One row per link.
-- Reads settled. Writes identity_links; a repeat finds none.
UPDATE identity_links AS links
SET status = settled.status
FROM settled
WHERE settled.link_no = links.link_no AND settled.old_status <> '' AND settled.status <> links.status
