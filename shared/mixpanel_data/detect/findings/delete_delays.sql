-- Forgets the delays that were learned before those of a run. Writes detector_delays; a repeat deletes what it wrote.
DELETE FROM detector_delays
WHERE learned_until <= @learned_until
