-- Updates when links were seen. Neither time touches the graph.
-- One row per link.
-- Reads known_links. Writes identity_links; a repeat changes nothing.
UPDATE identity_links AS links
SET first_seen = known.first_seen, last_seen = known.last_seen
FROM known_links AS known
WHERE links.link_no = known.link_no AND known.is_seen_again
