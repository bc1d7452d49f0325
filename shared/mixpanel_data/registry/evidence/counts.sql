-- Counts what was observed before and after changes: in the 30 days before, and on the first days since.
-- One row per change, side and type; `event` counts the events themselves, of the sample for what lies below a property.
-- Reads subjects, and event_observations in [@first_day, @last_day] only.
SELECT
  subjects.number,
  observed.day >= subjects.day AS is_after,
  observed.type,
  SUM(IF(subjects.path = '', observed.events, observed.sampled)) AS events
FROM subjects
INNER JOIN event_observations AS observed ON observed.event_name = subjects.event_name
WHERE
  observed.day >= @first_day
  AND observed.day <= @last_day
  AND observed.day >= DATE_SUB(subjects.day, INTERVAL 30 DAY)
  AND observed.day <= subjects.last_day
  AND (
    (observed.property = subjects.property AND observed.path = subjects.path)
    OR (observed.property IS NULL AND observed.type = 'event')
  )
GROUP BY subjects.number, is_after, observed.type
