"""The first step: the collector brings two years of events into DuckDB, twice; the second call changes nothing."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixpanel_data_standins.demo.stage import Stage, report
from mixpanel_data_standins.mixpanel.events.files import files_of, lines_of_file
from mixpanel_data_standins.sample import SAMPLE

if TYPE_CHECKING:
    from rich.console import Console

START, END = datetime(2019, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
WINDOW = {"from": f"{START:%Y-%m-%d}", "to": f"{END:%Y-%m-%d}"}
_MOST_NAMES = 8
_BAR_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample files: `events` counts all their lines, `by_name` the events in the window, each once."""

    events: int
    by_name: Mapping[str, int]

    @property
    def in_window(self) -> int:
        """The number of events in the window, each counted once."""
        return sum(self.by_name.values())


@dataclass(frozen=True, slots=True)
class Found:
    """The DuckDB file: events, distinct event ids, the sum of event_minutes, and events by name and by month."""

    events: int
    ids: int
    in_minutes: int
    by_name: Mapping[str, int]
    by_month: Mapping[str, int]


def step(stage: Stage) -> bool:
    """Collect twice and show the tables; returns whether every count is exact."""
    sample = count_sample()
    stage.say(f"Stand-in Mixpanel with {sample.events:,} events of a large project: {stage.mixpanel.url}")
    first = stage.call("collector", WINDOW, "Collect two years of events")
    again = stage.call("collector", WINDOW, "Repeat the call: no event is stored twice")
    found = look_into(stage.database)
    show(stage.console, found)
    return check(stage.console, sample, first, again, found)


def count_sample() -> Sample:
    """Count the sample files, without any of the code that collects."""
    events = 0
    by_name: dict[tuple[object, ...], str] = {}
    for path in files_of(SAMPLE):
        with lines_of_file(path) as lines:
            for text in lines:
                event = json.loads(text)
                name, properties = event["event"], event["properties"]
                events += 1
                if START.timestamp() <= properties["time"] < END.timestamp():
                    by_name[name, properties["time"], properties["$insert_id"], properties["distinct_id"]] = name
    return Sample(events, Counter(by_name.values()))


def look_into(database: Path) -> Found:
    """Count the tables with SQL, as any reader of the file would."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("USE mixpanel_data")
        events, ids = connection.execute("SELECT count(*), count(DISTINCT event_id) FROM mixpanel_events").fetchall()[0]
        ((in_minutes,),) = connection.execute("SELECT coalesce(sum(events), 0)::BIGINT FROM event_minutes").fetchall()
        by_name = connection.execute("SELECT event_name, count(*) FROM mixpanel_events GROUP BY 1 ORDER BY 2 DESC, 1")
        names = dict(by_name.fetchall())
        by_month = connection.execute(
            "SELECT strftime(event_timestamp, '%Y-%m'), count(*) FROM mixpanel_events GROUP BY 1 ORDER BY 1"
        )
        return Found(events, ids, in_minutes, names, dict(by_month.fetchall()))


def show(console: "Console", found: Found) -> None:
    """Print the events by name and by month."""
    _show_names(console, found)
    console.print("[italic]mixpanel_events by month[/]\n")
    most = max(found.by_month.values(), default=1)
    for month, count in found.by_month.items():
        console.print(f"  {month}  [cyan]{'█' * round(count / most * _BAR_CHARACTERS)}[/] {count:,}")
    console.print()


def check(console: "Console", sample: Sample, first: Mapping[str, Any], again: Mapping[str, Any], found: Found) -> bool:
    """Compare the collector's answers and the tables with the sample; print each check, return whether all passed."""
    count = sample.in_window
    checks = {
        f"the first call inserted all {count:,} events of the sample": first["inserted"] == count,
        f"the second call inserted 0 and found {count:,} duplicates": (
            (again["inserted"], again["updated"], again["duplicates"]) == (0, 0, count)
        ),
        f"mixpanel_events holds {count:,} events with {count:,} distinct event_ids": found.events == found.ids == count,
        f"each of the {len(sample.by_name)} event names has as many events as in the sample": (
            found.by_name == sample.by_name
        ),
        f"event_minutes adds up to {count:,}": found.in_minutes == count,
    }
    return report(console, checks, "The counts are not exact.")


def _show_names(console: "Console", found: Found) -> None:
    from rich import box
    from rich.table import Table

    shown = list(found.by_name.items())[:_MOST_NAMES]
    rest = found.events - sum(count for _, count in shown)
    table = Table(box=box.SIMPLE_HEAD, title="mixpanel_events by name", title_justify="left")
    table.add_column("event_name")
    table.add_column("events", justify="right")
    for name, count in [*shown, (f"{len(found.by_name) - len(shown)} other names", rest)]:
        table.add_row(name, f"{count:,}")
    console.print()
    console.print(table)
