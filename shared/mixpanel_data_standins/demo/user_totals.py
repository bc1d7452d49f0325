"""The second step: the user sync keeps everybody's totals, twice; they equal a count of the events."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixpanel_data_standins.demo.collection import WINDOW
from mixpanel_data_standins.demo.stage import Stage, report

if TYPE_CHECKING:
    from rich.console import Console

Totals = Sequence[tuple[Any, ...]]
"""A row per user: distinct_id, commits, changed lines, events; the user with the most commits first."""

_BUSIEST = 5


def step(stage: Stage) -> bool:
    """Sync twice and show the busiest users; returns whether everybody's totals are those of their events."""
    first = stage.call("incremental-user-sync", WINDOW, "Compute everybody's totals from these events")
    again = stage.call("incremental-user-sync", WINDOW, "Compute them again: no total changes")
    kept, counted = _totals(stage.database)
    _show(stage.console, kept)
    checks = {
        f"the totals of all {len(kept):,} users equal a count of their events": kept == counted,
        "the second call changed no row": first["changed"] == len(kept) and again["changed"] == 0,
    }
    return report(stage.console, checks, "The totals are wrong.")


def _totals(database: Path) -> tuple[Totals, Totals]:
    """The totals that the user sync keeps, and the same counted from the events."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("USE mixpanel_data")
        kept = connection.execute(
            "SELECT distinct_id, commits, lines, events_processed FROM user_insights ORDER BY commits DESC, 1"
        ).fetchall()
        counted = connection.execute(
            "SELECT distinct_id, count(*) FILTER (event_name = 'commit') AS commits, coalesce(sum(CASE WHEN event_name"
            " = 'commit' THEN CAST(properties ->> 'insertions' AS DECIMAL(38, 9)) END), 0), count(*)"
            " FROM mixpanel_events GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
    return kept, counted


def _show(console: "Console", users: Totals) -> None:
    from rich import box
    from rich.table import Table

    table = Table("user", title="user_insights: the busiest users", title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("commits", "lines", "events"):
        table.add_column(column, justify="right")
    for name, *totals in users[:_BUSIEST]:
        table.add_row(str(name), *(f"{int(total):,}" for total in totals))
    console.print()
    console.print(table)
