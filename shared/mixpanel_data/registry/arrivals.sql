-- Finds the last arrivals whose days and event names were marked, and the newest ones.
-- One row; NULL before the job's first run, and where nothing has arrived.
-- Reads job_runs and event_arrivals.
SELECT
  (SELECT MAX(arrivals_up_to) FROM job_runs WHERE job = @job AND part > 0) AS handled_seq,
  (SELECT MAX(seq) FROM event_arrivals) AS newest_seq
