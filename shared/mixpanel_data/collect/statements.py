"""The collector's SQL, with the types of its parameters."""

from mixpanel_data.collect.comparing.statements import DAYS
from mixpanel_data.warehouse.statements import statement

_STORED_DAYS = {"stored_days": "ARRAY<DATE>", "stored_first": "TIMESTAMP", "stored_end": "TIMESTAMP"}
"""The days whose stored events become others, with their bounds."""

INSERT_REJECTED = statement("collect/insert_rejected.sql", run_id="STRING", started_at="TIMESTAMP")
UPDATE_EVENTS = statement("collect/update_events.sql", read_at="TIMESTAMP", **_STORED_DAYS)
INSERT_EVENTS = statement("collect/insert_events.sql", started_at="TIMESTAMP", read_at="TIMESTAMP")
MERGE_MINUTES = statement("collect/merge_minutes.sql", started_at="TIMESTAMP", **DAYS)
INSERT_ARRIVALS = statement("collect/insert_arrivals.sql", run_id="STRING", started_at="TIMESTAMP", new_seq="INT64")
NEWEST_SEQ = statement("collect/newest_seq.sql")
