-- Sums up the properties of all events by name, and finds those whose rows differ from the stored ones: new, changed,
-- or (is_gone) without observations.
-- One row per property.
-- Reads event_properties and property_dictionary. Materialised as dictionary_changes; after it was published, a repeat
-- finds none.
WITH
  -- One row per event name and property. A conflict is one of kinds: integer and number are one, and null is none.
  held AS (
    SELECT
      event_name,
      property,
      events,
      types,
      NULLIF(
        REPLACE(
          REPLACE(REPLACE(REPLACE(type, '|null', ''), 'null|', ''), 'null', ''),
          'integer',
          'number'
        ),
        ''
      ) AS kind,
      first_seen,
      last_seen
    FROM event_properties
    WHERE path = ''
  ),
  -- One row per event name, property and type that was seen in the last 30 days.
  seen AS (
    SELECT
      held.event_name,
      held.property,
      held.kind,
      key AS type,
      held.types[key] AS events
    FROM held
    CROSS JOIN UNNEST(JSON_KEYS(held.types, 1)) AS key
  ),
  -- The same, with the number of events.
  typed AS (
    SELECT
      event_name,
      property,
      kind,
      type,
      CAST(JSON_VALUE(events, '$') AS INT64) AS events
    FROM seen
  ),
  -- One row per property and type.
  summed AS (
    SELECT
      property,
      type,
      CASE type
        WHEN 'string' THEN 1
        WHEN 'integer' THEN 2
        WHEN 'number' THEN 3
        WHEN 'boolean' THEN 4
        WHEN 'null' THEN 5
        WHEN 'array' THEN 6
        ELSE 7
      END AS place,
      SUM(events) AS events,
      SUM(SUM(events)) OVER (PARTITION BY property) AS of_property,
      SUM(IF(type = 'number', SUM(events), 0)) OVER (PARTITION BY property) AS fractions,
      SUM(IF(type IN ('integer', 'number'), SUM(events), 0)) OVER (PARTITION BY property) AS numbers
    FROM typed
    GROUP BY property, type
  ),
  -- One row per property that was seen in the last 30 days; its type is without strays, up to one in a hundred.
  recent AS (
    SELECT
      property,
      STRING_AGG(
        CASE
          WHEN type = 'integer' THEN IF(numbers * 100 > of_property AND fractions * 100 <= of_property, type, NULL)
          ELSE IF(events * 100 > of_property, type, NULL)
        END,
        '|'
        ORDER BY place
      ) AS type,
      PARSE_JSON(
        CONCAT('{', STRING_AGG(CONCAT('"', type, '":', CAST(events AS STRING)), ',' ORDER BY place), '}')
      ) AS types
    FROM summed
    GROUP BY property
  ),
  -- One row per property and kind, by rank: the most frequent first.
  kinds AS (
    SELECT
      property,
      kind,
      ROW_NUMBER() OVER (PARTITION BY property ORDER BY SUM(events) DESC, kind) AS place
    FROM typed
    WHERE kind IS NOT NULL
    GROUP BY property, kind
  ),
  -- One row per property.
  lives AS (
    SELECT
      held.property,
      LOWER(REGEXP_REPLACE(held.property, r'[\s_.-]+', '')) AS spelling,
      ARRAY_AGG(held.event_name ORDER BY held.event_name) AS event_names,
      SUM(held.events) AS events,
      MIN(held.first_seen) AS first_seen,
      MAX(held.last_seen) AS last_seen
    FROM held
    GROUP BY held.property
  ),
  -- One row per property that is of one kind in most events, and of another kind in others.
  conflicting AS (
    SELECT held.property, ARRAY_AGG(held.event_name ORDER BY held.event_name) AS conflicts
    FROM held
    INNER JOIN kinds ON kinds.property = held.property AND kinds.place = 1
    WHERE held.kind <> kinds.kind
    GROUP BY held.property
  ),
  -- One row per property, by rank among those that are spelled alike: the most frequent first.
  spelled AS (
    SELECT property, spelling, ROW_NUMBER() OVER (PARTITION BY spelling ORDER BY events DESC, property) AS place
    FROM lives
  ),
  -- One row per property.
  fresh AS (
    SELECT
      lives.property,
      CASE
        WHEN
          lives.property IN (
            'distinct_id', '$distinct_id', '$user_id', '$device_id', '$insert_id', '$identified_id', '$anon_id',
            '$anon_distinct_id', '$distinct_ids', '$distinct_id_before_identity', '$preshuffle_distinct_id',
            'mp_original_distinct_id'
          )
          THEN 'identifier'
        WHEN
          REGEXP_CONTAINS(lives.property, @mixpanels_keys)
          OR lives.property IN UNNEST(@context_properties)
          THEN 'context'
        ELSE 'property'
      END AS role,
      recent.type,
      COALESCE(recent.types, PARSE_JSON('{}')) AS types,
      lives.event_names,
      lives.events,
      COALESCE(conflicting.conflicts, []) AS conflicts,
      others.property AS similar_to,
      lives.first_seen,
      lives.last_seen
    FROM lives
    INNER JOIN spelled ON spelled.property = lives.property
    LEFT JOIN recent ON recent.property = lives.property
    LEFT JOIN conflicting ON conflicting.property = lives.property
    LEFT JOIN spelled AS others
      ON others.spelling = lives.spelling AND others.place = IF(spelled.place = 1, 2, 1)
  )
SELECT
  COALESCE(fresh.property, stored.property) AS property,
  fresh.property IS NULL AS is_gone,
  fresh.role,
  fresh.type,
  fresh.types,
  fresh.event_names,
  fresh.events,
  fresh.conflicts,
  fresh.similar_to,
  fresh.first_seen,
  fresh.last_seen
FROM fresh
FULL JOIN property_dictionary AS stored ON stored.property = fresh.property
WHERE
  fresh.property IS NULL
  OR stored.property IS NULL
  OR fresh.role <> stored.role
  OR fresh.type IS DISTINCT FROM stored.type
  OR FARM_FINGERPRINT(TO_JSON_STRING(fresh.types)) <> FARM_FINGERPRINT(TO_JSON_STRING(stored.types))
  OR ARRAY_TO_STRING(fresh.event_names, CHR(31)) <> ARRAY_TO_STRING(stored.event_names, CHR(31))
  OR fresh.events <> stored.events
  OR ARRAY_TO_STRING(fresh.conflicts, CHR(31)) <> ARRAY_TO_STRING(stored.conflicts, CHR(31))
  OR fresh.similar_to IS DISTINCT FROM stored.similar_to
  OR fresh.first_seen <> stored.first_seen
  OR fresh.last_seen <> stored.last_seen
