"""`mp detect`: judge now, and what helps whoever is on call."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from mixpanel_data import calls
from mixpanel_data import detect as detector
from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.errors import RequestError
from mixpanel_data.base.parameters import Instant
from mixpanel_data.cli.asking import answering, connected
from mixpanel_data.cli.options import command, command_of_group
from mixpanel_data.cli.output import Format, Output
from mixpanel_data.configuration.base import complaints
from mixpanel_data.detect.series import Kind

_ALERTS = ("event", "rule", "direction", "state", "window_start", "window_end", "count", "expected", "channel")
_BACKTEST = ("opened_at", "resolved_at", "event", "rule", "direction", "count", "expected")
_SERIES = ("minute", "count", "expected", "low", "high", "score", "plot")
_PLOT_WIDTH = 40
_MOST_BUDGET = 1000
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

log = logging.getLogger("mixpanel_data.cli")
app = typer.Typer(rich_markup_mode="markdown")

_At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="As of then, ISO 8601; default: now.")]


@command_of_group(app)
def detect(
    output: Output,
    at: _At = None,
    events: Annotated[
        list[str] | None, typer.Option("--event", metavar="NAME", help="This event alone; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide and show it; keep and send nothing.")] = False,
) -> None:
    """Judge what arrived since the last run, and tell Slack what is abnormal, once.

    May be repeated, overlapped or interrupted: nobody is told twice.
    """
    with output.progress("Judging"):
        told = answering(detector.Request, detector.run, {"at": at, "events": events or None, "dry_run": dry_run})
    if output.format is Format.TABLE:
        output.show(told["alerts"], _ALERTS)
        rest = ", ".join(f"{name} {told[name]}" for name in ("notified", "suppressed", "resolved", "undelivered"))
        output.note(f"{len(told['alerts'])} incidents opened or changed; {rest}.")
        return
    output.show(told)


@command(app)
def explain(
    output: Output,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The raw event name.")],
    at: _At = None,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How many of the newest minutes are shown.")] = 60,
) -> None:
    """Show an event's counts, what was expected of them, and what the detector makes of it."""
    from mixpanel_data.detect.explain import explain as explained

    with connected() as connections, output.progress("Judging"):
        as_of = _moment(at)
        said = explained(
            connections.warehouse,
            connections.events,
            event,
            as_of or utc_now(),
            is_of_now=as_of is None,
            minutes=minutes,
            deadline=connections.deadline,
        )
    told = calls.plain(said)
    if output.format is Format.TABLE:
        output.show(
            [{**row, "plot": plot} for row, plot in zip(told["series"], _plots(told["series"]), strict=True)], _SERIES
        )
        for episode in told["episodes"]:
            output.note(
                f"abnormal, {episode['direction']}, by {', '.join(episode['rules'])}: {episode['first']['start']}"
                f" to {episode['abnormal_until']}, at most {episode['peak']['count']}"
                f" where {episode['peak']['expected']} were expected"
            )
        if not told["episodes"]:
            output.note("Nothing is abnormal in the last day.")
        return
    output.show(told)


@command(app)
def backtest(
    output: Output,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days before now, or before --at.")] = 90,
    budget: Annotated[
        float | None, typer.Option(metavar="N", help="False incidents a week, in place of the configuration's.")
    ] = None,
    at: _At = None,
    events: Annotated[
        list[str] | None, typer.Option("--event", metavar="NAME", help="This event alone; may be repeated.")
    ] = None,
) -> None:
    """Show what would have been told over the own history, at a 5-minute pace, by the same code."""
    from mixpanel_data.detect.backtest import backtest as tested

    if budget is not None and not 0 < budget <= _MOST_BUDGET:
        raise RequestError(f"--budget is {budget:g}: give a number above 0, at most {_MOST_BUDGET}.")
    with connected() as connections, output.progress("Judging the history"):
        configured = connections.events
        if budget is not None:
            configured = configured.model_copy(update={"false_alerts_per_week": budget})
        selection = configured.selected(events or None)
        said = tested(
            connections.warehouse,
            configured,
            selection,
            end=_moment(at) or utc_now(),
            days=days,
            progress=lambda until: log.info("judged up to %s", f"{until:%Y-%m-%d}"),
        )
    told = calls.plain(said)
    if output.format is Format.TABLE:
        output.show(told["alerts"], _BACKTEST)
        output.note(
            f"{len(told['alerts'])} incidents of {told['events']} events in {days} days, "
            f"{told['alerts_per_week']:g} a week."
        )
        return
    output.show(told)


@command(app)
def series(
    output: Output,
    source: Annotated[Path, typer.Argument(metavar="IN", help="A CSV or CSV.gz with timestamp,value, or a folder.")],
    out: Annotated[Path, typer.Option(metavar="OUT", help="Where judged rows go: a folder, or a .csv for one file.")],
    kind: Annotated[
        Kind | None, typer.Option(help="Which model judges; by default what the first rows look like decides.")
    ] = None,
) -> None:
    """Judge any series: each row again, with its score (abnormal from 0.5 on) and the band that was expected.

    Each score follows from its row and earlier ones alone. A folder's files keep their places, named *.csv.
    """
    from mixpanel_data.detect.files import judge_files

    with output.progress("Judging"):
        judged = judge_files(source, out, kind)
    files = [
        {"in": str(one.source), "out": str(one.output), "rows": one.rows, "abnormal_rows": one.abnormal_rows}
        for one in judged.files
    ]
    if output.format is Format.JSON:
        output.show({"files": files, "rows": judged.rows, "abnormal_rows": judged.abnormal_rows})
    else:
        output.show(files)


@command(app)
def mute(
    output: Output,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The raw event name.")],
    duration: Annotated[str, typer.Option("--for", metavar="TIME", help="For how long: 30m, 2h, 3d.")],
    reason: Annotated[str, typer.Option(help="Why; whoever comes next reads it.")] = "muted by hand",
) -> None:
    """Keep an event's incidents from Slack for a while; they are recorded, and told if they last longer."""
    from mixpanel_data.detect.statements import INSERT_MUTE

    with connected() as connections:
        connections.events.selected([event])
        start = utc_now()
        end = start + _span(duration)
        connections.warehouse.transact(
            f"{connections.run_id}-mute", [INSERT_MUTE], event_name=event, muted_from=start, muted_to=end, reason=reason
        )
    output.show({"event": event, "muted_from": calls.plain(start), "muted_to": calls.plain(end), "reason": reason})


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment: datetime = TypeAdapter(Instant).validate_python(text)
    except ValidationError as error:
        raise RequestError(f"--at is {text!r}: {complaints(error)}.") from error
    return moment


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,6})([mhd])", text.strip())
    if not found or not int(found[1]):
        raise RequestError(f"--for is {text!r}. Give minutes, hours or days, such as 30m, 2h or 3d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _plots(series: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A bar a minute; the band is marked by brackets, the expectation by a bar."""
    top = max([1.0, *(max(row["count"], row["high"]) for row in series)])

    def place(value: float) -> int:
        return int(min(_PLOT_WIDTH - 1, value / top * (_PLOT_WIDTH - 1)))

    for row in series:
        cells = ["█" if at < place(row["count"]) else " " for at in range(_PLOT_WIDTH)]
        for sign, value in (("[", row["low"]), ("]", row["high"]), ("|", row["expected"])):
            cells[place(value)] = sign
        yield "".join(cells)
