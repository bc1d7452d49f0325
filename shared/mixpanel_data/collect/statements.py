"""The collector's SQL, with the types of its parameters."""

from mixpanel_data.warehouse.statements import Statement, statement

_DAYS = {"days": "ARRAY<DATE>", "first_day": "TIMESTAMP", "end_day": "TIMESTAMP"}
"""The days whose events and minutes a part can change, with their bounds: as constants, they prune partitions."""

WATERMARKS = statement("collect/watermarks.sql", job="STRING", now="TIMESTAMP")
EARLIER_RUNS = statement(
    "collect/earlier_runs.sql",
    job="STRING",
    run_id="STRING",
    request="STRING",
    since="TIMESTAMP",
    narrowed_since="TIMESTAMP",
)
CALLS = statement("collect/calls.sql", job="STRING", since="TIMESTAMP")
DAY_RATE = statement("collect/day_rate.sql", window_start="TIMESTAMP", window_end="TIMESTAMP")

SUSPECTS = statement("collect/suspects.sql", creates="suspects", **_DAYS)
COUNT_SUSPECTS = statement("collect/count_suspects.sql")
REWRITTEN = statement("collect/rewritten.sql", creates="rewritten", **_DAYS)
NONE_REWRITTEN = statement("collect/none_rewritten.sql", creates="rewritten")

PUBLISH: tuple[Statement, ...] = (
    statement("collect/changes.sql", creates="changes", read_at="TIMESTAMP", **_DAYS),
    statement("collect/insert_rejected.sql", run_id="STRING", started_at="TIMESTAMP"),
    statement("collect/update_events.sql", read_at="TIMESTAMP", **_DAYS),
    statement("collect/insert_events.sql", started_at="TIMESTAMP", read_at="TIMESTAMP"),
    statement("collect/minute_changes.sql", creates="minute_changes"),
    statement("collect/update_minutes.sql", started_at="TIMESTAMP", **_DAYS),
    statement("collect/insert_minutes.sql", started_at="TIMESTAMP", **_DAYS),
    statement("collect/delete_minutes.sql", **_DAYS),
    statement("collect/insert_arrivals.sql", run_id="STRING", started_at="TIMESTAMP"),
)
"""The statements that publish a part, in this order and in one transaction."""
COUNT_PART = statement("collect/count_part.sql", creates="part_figures", bytes="INT64")
