-- Updates when links were seen. Neither time touches the graph.
-- One row per link.
-- Reads seen_again. Writes identity_links; a repeat changes nothing.
UPDATE identity_links AS links
SET first_seen = seen_again.first_seen, last_seen = seen_again.last_seen
FROM seen_again
WHERE links.link_no = seen_again.link_no
