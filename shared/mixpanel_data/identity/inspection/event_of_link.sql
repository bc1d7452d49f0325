-- Finds an event that a person has at the instant when a link was first seen.
-- One row; NULL where none is stored any more. Of several, the first by name.
-- Reads identity_members, and mixpanel_events in [@first_seen, @first_seen_end) only.
SELECT MIN(events.event_name) AS event_name
FROM mixpanel_events AS events
WHERE
  events.event_timestamp >= @first_seen
  AND events.event_timestamp < @first_seen_end
  AND events.distinct_id IN (
    SELECT members.id
    FROM identity_members AS members
    WHERE members.until IS NULL AND members.cluster_id = @cluster_id
  )
