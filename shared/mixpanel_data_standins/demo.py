"""`make demo`: two years of real events, brought by the collector over HTTP from a stand-in Mixpanel into DuckDB; the
totals of everybody in them; then an alert of the detector in a stand-in Slack.

Everything is real but Mixpanel and Slack: the functions run under the functions framework and are called as Cloud
Scheduler would call them, each twice. What has to come of it is counted without them, and compared.
"""

import argparse
import base64
import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.errors import MixpanelDataError
from mixpanel_data.base.log_lines import line
from mixpanel_data_standins.functions import RunningFunction, entry, interrupt_on_terminate
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.mixpanel.events import files_of, lines_of_file
from mixpanel_data_standins.slack import StandInSlack
from mixpanel_data_standins.slack.page import page as slack_page
from mixpanel_data_standins.standin import SAMPLE, settings_for
from mixpanel_data_standins.traffic import BROKEN_VERSION, DAYS, traffic

if TYPE_CHECKING:
    from rich.console import Console

_START, _END = datetime(2019, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
_MOST_NAMES = 8
_BUSIEST = 5
_BAR_CHARACTERS = 40
_CALL_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the sample files hold: `events` of all times, and in the window one count per event name."""

    events: int
    by_name: Mapping[str, int]

    @property
    def in_window(self) -> int:
        """Events in the window, each counted once."""
        return sum(self.by_name.values())


@dataclass(frozen=True, slots=True)
class Found:
    """What the DuckDB file holds."""

    events: int
    ids: int
    in_minutes: int
    by_name: Mapping[str, int]
    by_month: Mapping[str, int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo and return its exit code: 0 if every count is exact."""
    parser = argparse.ArgumentParser(prog="python -m mixpanel_data_standins.demo", description=__doc__)
    parser.add_argument("--functions", type=Path, default=Path("functions"), help="folder (%(default)s)")
    parser.add_argument("--database", type=Path, default=Path("demo.duckdb"), help="made anew (%(default)s)")
    options = parser.parse_args(arguments)
    interrupt_on_terminate()
    try:
        return run(options.functions, options.database)
    except MixpanelDataError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130


def run(functions: Path, database: Path) -> int:
    """Bring the sample events into a new DuckDB file, twice, and show what is there; 0 if every count is exact."""
    from rich.console import Console

    console = Console(highlight=False)
    started = time.monotonic()
    _remove(database)
    sample = count_sample()
    with ExitStack() as stack:
        stage = _Stage(console, functions, database, stack)
        console.print(f"Stand-in Mixpanel with {sample.events:,} events of a large project: {stage.mixpanel.url}")
        first, again = _collect_twice(stage)
        found = look_into(database)
        show(console, found)
        is_right = check(console, sample, first, again, found) and _count_users(stage, database) and _alert_once(stage)
    if is_right:
        _tell_next(console, database, time.monotonic() - started)
    return 0 if is_right else 1


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
                if _START.timestamp() <= properties["time"] < _END.timestamp():
                    by_name[name, properties["time"], properties["$insert_id"], properties["distinct_id"]] = name
    return Sample(events, Counter(by_name.values()))


def look_into(database: Path) -> Found:
    """Read the DuckDB file as anyone would."""
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
    """Show events by name and by month."""
    from rich import box
    from rich.table import Table

    shown = list(found.by_name.items())[:_MOST_NAMES]
    rest = found.events - sum(count for _, count in shown)
    table = Table(box=box.SIMPLE_HEAD, title="mixpanel_events by name", title_justify="left")
    table.add_column("event_name")
    table.add_column("events", justify="right")
    for name, count in [*shown, (f"{len(found.by_name) - len(shown)} other names", rest)]:
        table.add_row(name, f"{count:,}")
    console.print(table)
    console.print("[italic]mixpanel_events by month[/]\n")
    most = max(found.by_month.values(), default=1)
    for month, count in found.by_month.items():
        console.print(f"  {month}  [cyan]{'█' * round(count / most * _BAR_CHARACTERS)}[/] {count:,}")
    console.print()


def check(console: "Console", sample: Sample, first: Mapping[str, Any], again: Mapping[str, Any], found: Found) -> bool:
    """Compare what is there with what has to be there; tell each, and whether all of it is exact."""
    count = sample.in_window
    checks = {
        f"the first call inserted the {count:,} events that the sample has in the window": first["inserted"] == count,
        f"the second call inserted 0, and met {count:,} duplicates": (
            (again["inserted"], again["updated"], again["duplicates"]) == (0, 0, count)
        ),
        f"the table holds {count:,} events under as many event_ids": found.events == found.ids == count,
        f"each of the {len(sample.by_name)} event names has as many as in the sample": found.by_name == sample.by_name,
        "event_minutes adds up to the same": found.in_minutes == count,
    }
    return _told(console, checks, "The counts are not exact.")


def _told(console: "Console", checks: Mapping[str, bool], what: str) -> bool:
    for statement, is_true in checks.items():
        console.print(f"  {'[green]✓[/]' if is_true else '[red]✗[/]'} {statement}")
    if not all(checks.values()):
        console.print(f"\n[red]{what} This is a bug: please report it with the lines above.[/]")
    return all(checks.values())


def _remove(database: Path) -> None:
    if not database.parent.is_dir():
        raise MixpanelDataError(f"The folder {database.parent} does not exist. Make it, or name another database.")
    for path in (database, database.with_name(f"{database.name}.wal"), alert_page(database)):
        path.unlink(missing_ok=True)


class _Stage:
    """The stand-ins, and functions that are led to them."""

    def __init__(self, console: "Console", functions: Path, database: Path, stack: ExitStack) -> None:
        self.console = console
        self.mixpanel = stack.enter_context(StandInMixpanel(SAMPLE))
        self.slack = stack.enter_context(StandInSlack())
        self.page = alert_page(database)
        self._folder = functions
        self._stack = stack
        self._running: dict[str, RunningFunction] = {}
        # A folder of its own, so that no .env of a real project is read.
        self._elsewhere = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="demo_")))
        settings = settings_for(self.mixpanel, database.resolve())
        self._settings = settings | self.slack.settings | {"EVENTS_CONFIG": '{"events": [{"name": "*"}]}'}

    def call(self, name: str, body: Mapping[str, str], doing: str) -> dict[str, Any]:
        """A function's answer to a POST, shown."""
        function = self._running.get(name) or self._start(name)
        self.console.print(f"\n[bold]{doing}\nPOST {function.url} {json.dumps(body)}[/]")
        return _call(self.console, function, body)

    def _start(self, name: str) -> RunningFunction:
        hear = partial(_hear, self.console)
        folder, elsewhere = self._folder / name, self._elsewhere
        function = self._stack.enter_context(RunningFunction(folder, self._settings, hear, cwd=elsewhere))
        self.console.print(f"Function {name}, under the functions framework: {function.url}")
        self._running[name] = function
        return function


def alert_page(database: Path) -> Path:
    """Where the demo leaves the alert to look at."""
    return database.with_name(f"{database.stem}-alert.html")


def _collect_twice(stage: _Stage) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    body = {"from": f"{_START:%Y-%m-%d}", "to": f"{_END:%Y-%m-%d}"}
    first = stage.call("collector", body, "Two years of events")
    return first, stage.call("collector", body, "The same call again: nothing may be brought twice")


def _count_users(stage: _Stage, database: Path) -> bool:
    """Keep everybody's totals, twice, and compare them with the events; whether they are those."""
    import duckdb

    span = {"from": f"{_START:%Y-%m-%d}", "to": f"{_END:%Y-%m-%d}"}
    told = stage.call("incremental-user-sync", span, "Everybody's totals, from the same events")
    again = stage.call("incremental-user-sync", span, "Computed again: no total may change")
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
    _show_users(stage.console, kept)
    checks = {
        f"{len(kept):,} users have the totals that their events add up to": kept == counted,
        "computing them again changed no row": told["changed"] == len(kept) and again["changed"] == 0,
    }
    return _told(stage.console, checks, "The totals are not as they have to be.")


def _show_users(console: "Console", users: Sequence[tuple[Any, ...]]) -> None:
    from rich.table import Table

    table = Table("user", title="The busiest", title_justify="left", box=None)
    for column in ("commits", "lines", "events"):
        table.add_column(column, justify="right")
    for name, *totals in users[:_BUSIEST]:
        table.add_row(str(name), *(f"{int(total):,}" for total in totals))
    console.print(table)


def _alert_once(stage: _Stage) -> bool:
    """Bring traffic of the last days with a fault in it, and let the detector find it; whether it told once of it."""
    now = utc_now()
    stage.mixpanel.add(traffic(now))
    span = {"from": f"{now - timedelta(days=DAYS):%Y-%m-%d}", "to": f"{now + timedelta(days=1):%Y-%m-%d}"}
    stage.call("collector", span, f"{DAYS} days of invented traffic, until now; something is wrong in it")
    told = stage.call("detector", {}, "What is abnormal?")
    again = stage.call("detector", {}, "Asked again: nobody may be told twice")
    stage.page.write_text(_lasting(slack_page(stage.slack), stage.slack), encoding="utf-8")
    messages = [message for message in stage.slack.messages if message.thread_ts is None]
    for message in messages:
        stage.console.print(f"\n[bold]In Slack, #{message.channel.name}:[/] {message.text}\n")
    return check_alert(stage.console, told, again, [message.all_text for message in messages])


def _lasting(html: str, slack: StandInSlack) -> str:
    """The page with its pictures in it, so that it shows them when the stand-in is gone."""
    for file in slack.files.values():
        picture = base64.b64encode(file.content or b"").decode()
        html = html.replace(f'"/files/{file.id}"', f'"data:image/png;base64,{picture}"')
    return html


def check_alert(
    console: "Console", first: Mapping[str, Any], again: Mapping[str, Any], messages: Sequence[str]
) -> bool:
    """Compare what the detector said with the fault that is in the traffic; tell each, and whether all of it is so."""
    found = [(alert["event"], alert["direction"]) for alert in first["alerts"]]
    told = first["notified"], again["notified"], len(messages)
    checks = {
        "the detector found that Checkout Failed comes too often, and nothing else": found
        == [("Checkout Failed", "high")],
        f"the message says that it is version {BROKEN_VERSION}": any(BROKEN_VERSION in text for text in messages),
        "it was told once": told == (1, 0, 1),
    }
    return _told(console, checks, "The alert is not as it has to be.")


def _hear(console: "Console", text: str) -> None:
    severity, message, fields = entry(text)
    # The call's answer says the same, and is shown.
    if fields.get("event") != "run_finished":
        console.print(f"  {line(severity, message, fields)}", markup=False, soft_wrap=True)


def _call(console: "Console", function: RunningFunction, body: Mapping[str, str]) -> dict[str, Any]:
    """The answer to a POST, shown. Raises MixpanelDataError if the function did not do what was asked."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(function.url, json.dumps(body).encode(), headers)  # noqa: S310 - our own URL
    # No proxy stands between this machine and itself.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=_CALL_SECONDS) as response:
            answer: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:
        raise MixpanelDataError(
            f"{function.url} answered {error.code}: {error.read().decode(errors='replace')}"
        ) from error
    except OSError as error:
        raise MixpanelDataError(f"{function.url} did not answer: {error}") from error
    console.print(json.dumps(answer, indent=2), style="dim", markup=False)
    return answer


def _tell_next(console: "Console", database: Path, seconds: float) -> None:
    query = "SELECT event_name, count(*) FROM mixpanel_data.mixpanel_events GROUP BY 1 ORDER BY 2 DESC LIMIT 5"
    lines = [
        f"\nDone in {seconds:.1f} s; the events are in {database}. Next:\n",
        f"  # the alert, as Slack shows it: open {alert_page(database)} in a browser",
        "  # the runs that brought them",
        f"  WAREHOUSE=duckdb:///{database} .venv/bin/mp runs --format table",
        "  # a question of your own",
        f"""  .venv/bin/python -c 'import duckdb; duckdb.connect("{database}").sql("{query}").show()'""",
        "  # the totals of one user, and what each day contributed",
        f"  WAREHOUSE=duckdb:///{database} .venv/bin/mp users show u_c53318401c02d7 --format table --days 10",
        "  # why the detector says what it says",
        f"  WAREHOUSE=duckdb:///{database} .venv/bin/mp detect explain 'Checkout Failed' --format table",
        "  # the stand-ins and the functions, to play with: in one terminal, then in another",
        "  make serve",
        "  curl -s 'http://127.0.0.1:8081/?from=2020-12-01&to=2021-01-01'",
        "  # the tests",
        "  make test",
    ]
    for text in lines:
        console.print(text, markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
