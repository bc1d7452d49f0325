"""The fourth step: the registry knows the events of the sample, the typos among their names, and what changed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixpanel_data_standins.demo.collection import END
from mixpanel_data_standins.demo.stage import Stage, report

if TYPE_CHECKING:
    from rich.console import Console

# The end of the sample, so that the invented traffic of today does not make all of it look forgotten.
_AT = {"at": "2020-12-31"}
_TABLES = ("event_registry", "event_properties", "property_dictionary", "schema_changes")
_TYPOS = {"Heled-by": "Helped-by", "Rported-by": "Reported-by", "Suggested-By": "Suggested-by"}
_MOST_EVENTS = 5


@dataclass(frozen=True, slots=True)
class Known:
    """What the registry knows of the sample.

    `events` are rows of event_registry (name, status, days, properties, events), the most frequent first; `counted`
    counts the events themselves by name. `typos` have the name that was meant. `fingerprints` are those of the tables.
    """

    events: Sequence[tuple[Any, ...]]
    counted: Mapping[str, int]
    typos: Mapping[str, str]
    fingerprints: Sequence[tuple[Any, ...]]


def step(stage: Stage) -> bool:
    """Update the registry twice and show what it knows; returns whether that is right."""
    first = stage.call("registry-updater", _AT, "Find out which events and properties there are, and what changed")
    known = look_into(stage.database)
    again = stage.call("registry-updater", _AT, "Find out again: nothing changes")
    _show(stage, known, first["changes"])
    return check_registry(stage.console, known, look_into(stage.database), again)


def look_into(database: Path) -> Known:
    """Read the tables with SQL, as any reader of the file would."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("USE mixpanel_data")
        events = connection.execute(
            "SELECT event_name, status, days, properties, events FROM event_registry ORDER BY events DESC, 1"
        ).fetchall()
        counted = connection.execute(
            "SELECT event_name, count(*) FROM mixpanel_events WHERE event_timestamp < ? GROUP BY 1", [END]
        ).fetchall()
        typos = connection.execute("SELECT event_name, similar_to FROM event_registry WHERE status = 'likely_typo'")
        return Known(events, dict(counted), dict(typos.fetchall()), _fingerprints(connection))


def check_registry(console: "Console", known: Known, later: Known, again: Mapping[str, Any]) -> bool:
    """Compare what the registry knows with the sample, and with what it knew after the second call; print each check,
    return whether all passed."""
    changed = len(again["changes"]) + again["retracted"]
    checks = {
        f"the registry knows the {len(known.counted)} event names, and how often each occurs": (
            {name: count for name, *_, count in known.events} == known.counted
        ),
        f"likely typos: {', '.join(f'{typo} of {meant}' for typo, meant in _TYPOS.items())}": known.typos == _TYPOS,
        "the second call changed no row": changed == 0 and later.fingerprints == known.fingerprints,
    }
    return report(console, checks, "The registry is wrong.")


def _fingerprints(connection: Any) -> list[tuple[Any, ...]]:
    """The number of rows and a hash of all of them, for each table."""
    return [
        connection.execute(f"SELECT count(*), bit_xor(hash(one)) FROM {table} AS one").fetchall()[0]  # noqa: S608
        for table in _TABLES
    ]


def _show(stage: Stage, known: Known, changes: Sequence[Mapping[str, Any]]) -> None:
    from rich import box
    from rich.table import Table

    table = Table("event", "status", title="event_registry", title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("days", "properties", "events"):
        table.add_column(column, justify="right")
    for name, status, *counts in known.events[:_MOST_EVENTS]:
        table.add_row(name, status, *(f"{count:,}" for count in counts))
    stage.console.print()
    stage.console.print(table)
    kinds = Counter(change["kind"] for change in changes)
    stage.say("[italic]schema_changes by kind[/]\n")
    for kind, count in sorted(kinds.items()):
        stage.console.print(f"  {kind:<16} {count:>3}", markup=False)
    stage.say("")
