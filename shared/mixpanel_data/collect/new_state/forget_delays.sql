-- Forgets how late other events arrived: the detector learns it again. Writes detector_delays.
DELETE FROM detector_delays
WHERE TRUE
