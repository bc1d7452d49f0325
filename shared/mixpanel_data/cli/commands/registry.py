"""`mp registry`: bring the event registry up to date, and look at what it knows."""

import json
import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixpanel_data.base.choices import ChangeKind, ChangeState, EventStatus, PropertyStatus, RuleName
from mixpanel_data.base.clock import utc_now
from mixpanel_data.cli.activity.shares import schemas_sent
from mixpanel_data.cli.base.files import write_new
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.jobs import existing_tables, run_job
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.payloads import show_payloads
from mixpanel_data.cli.base.tables.columns import Choice, Column, Kind, spare

if TYPE_CHECKING:
    from mixpanel_data.base.parameters import Page, PageRequest
    from mixpanel_data.base.redaction import Redactor
    from mixpanel_data.registry import exporting
    from mixpanel_data.warehouse.base import Warehouse

_SEEN = (Column("first_seen", kind=Kind.DAY), Column("last_seen", kind=Kind.DAY))
_EVENTS: Choice = (
    "event_name",
    "status",
    *spare("similar_to"),
    *_SEEN,
    "events",
    *spare("days", "properties", "owner"),
)
_OF_EVENT: Choice = (
    *("property", "path", "status", "type", "events"),
    *spare("share", "null_share", "cardinality", "format"),
)
_CONFLICTS = Column("conflicts", kind=Kind.PROSE)
_PROPERTIES: Choice = ("property", "role", "type", "events", *spare("similar_to"), _CONFLICTS, "statuses")
_CHANGES: Choice = ("day", "kind", "event_name", "property", "path", "before", "after", *spare("is_breaking"))
_VIOLATIONS: Choice = ("day", "event_name", "property", "path", "rule", "expected", "events", *spare("is_sampled"))
_REJECTED: Choice = ("first_rejected_at", "reason", Column("line", kind=Kind.PROSE))
_LINE_CHARACTERS = 200
_FOLLOWING_SECONDS = 5.0

app = typer.Typer(name="registry", rich_help_panel=Panel.JOBS)

_Start = Annotated[str | None, typer.Option("--from", metavar="TIME", help="From this time or day, ISO 8601.")]
_End = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Before this time or day.")]
_OfEvent = Annotated[
    list[str] | None, typer.Option("--event", metavar="NAME", help="Only this event; can be repeated.")
]
_OfProperty = Annotated[
    list[str] | None, typer.Option("--property", metavar="NAME", help="Only this property; can be repeated.")
]
_Limit = Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Show at most N.")]
_After = Annotated[
    str | None,
    typer.Option("--after", metavar="KEY", help="Continue after this key, which the previous page ended with."),
]
_Event = Annotated[str, typer.Argument(metavar="EVENT", help="The raw event name.")]


@app.callback()
def _registry() -> None:
    """Keep the event registry up to date, and find out which events and properties exist and what changed."""


@command(app)
def update(
    output: Output,
    full: Annotated[bool, typer.Option("--full", help="Observe and judge everything again.")] = False,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="DATE", help="Judge as of this day, UTC. Default: the newest day with events."),
    ] = None,
) -> None:
    """Observe the events that arrived, and judge what changed in them.

    It is safe to repeat, overlap or interrupt: a repeat changes no row.

    Example: `mp registry update --format table`
    """
    from mixpanel_data import registry as updater
    from mixpanel_data.wiring.registry import run

    with output.progress("Observing", "events"):
        answer = run_job(updater.Request, run, {"full": full, "at": at})
    if output.format is not Format.TABLE or answer["changes"]:
        output.show(answer, _CHANGES, rows=answer["changes"])
    if output.format is Format.TABLE:
        counts = ", ".join(f"{answer[name]:,} {name}" for name in ("events", "properties", "violations", "pending"))
        output.note(f"{counts}; {len(answer['changes']):,} new changes, {answer['retracted']:,} retracted.")


@command(app)
def events(
    output: Output,
    status: Annotated[list[EventStatus] | None, typer.Option(help="Only with this status; can be repeated.")] = None,
    event: _OfEvent = None,
    start: _Start = None,
    end: _End = None,
    limit: _Limit = 100,
    after: _After = None,
) -> None:
    """List the events by name: their status, when they were seen, how often.

    Example: `mp registry events --status likely_typo --status dormant`
    """
    from mixpanel_data.registry import reading

    given = {"status": status, "event": event, "from": start, "to": end, "limit": limit, "after": after}
    _list(output, _EVENTS, reading.events, reading.EventsRequest, given)


@command(app)
def event(output: Output, name: _Event, limit: _Limit = 100) -> None:
    """Show an event with its properties, and its newest changes and violations.

    Example: `mp registry event Purchase --format table`
    """
    from mixpanel_data import calls
    from mixpanel_data.registry import reading
    from mixpanel_data.wiring.redaction import redactor

    request = calls.checked(reading.EventRequest, {"name": name, "limit": limit})
    with existing_tables() as session:
        found = calls.plain(reading.event(session.warehouse, request, redactor(session.settings)))
    if output.format is Format.JSON:
        output.show(found)
    elif output.format is Format.TABLE:
        _show_tables(output, found)
    else:
        rows = [{"event_name": found["event"]["event_name"], **each} for each in found["properties"]]
        output.show(rows, ("event_name", *_OF_EVENT))


@command(app)
def properties(
    output: Output,
    status: Annotated[
        list[PropertyStatus] | None, typer.Option(help="Only with this status in an event; can be repeated.")
    ] = None,
    event: _OfEvent = None,
    property_: _OfProperty = None,
    start: _Start = None,
    end: _End = None,
    limit: _Limit = 100,
    after: _After = None,
) -> None:
    """List the properties of all events by name, with the events in which their types differ.

    Example: `mp registry properties --status type_changed`
    """
    from mixpanel_data.registry import reading

    given = {"status": status, "event": event, "property": property_, "from": start, "to": end}
    _list(output, _PROPERTIES, reading.properties, reading.PropertiesRequest, {**given, "limit": limit, "after": after})


@command(app)
def changes(
    output: Output,
    kind: Annotated[list[ChangeKind] | None, typer.Option(help="Only this kind; can be repeated.")] = None,
    status: Annotated[
        list[ChangeState] | None,
        typer.Option(help="Changes that hold (the default) or retracted ones; can be repeated."),
    ] = None,
    event: _OfEvent = None,
    property_: _OfProperty = None,
    start: _Start = None,
    end: _End = None,
    limit: _Limit = 100,
    after: _After = None,
) -> None:
    """List what changed in events and properties, newest first, with the evidence for it.

    Example: `mp registry changes --kind type_changed --from 2024-03-01`
    """
    from mixpanel_data.registry import reading

    given = {"kind": kind, "status": status, "event": event, "property": property_, "from": start, "to": end}
    _list(output, _CHANGES, reading.changes, reading.ChangesRequest, {**given, "limit": limit, "after": after})


@command(app)
def violations(
    output: Output,
    rule: Annotated[list[RuleName] | None, typer.Option(help="Only this rule; can be repeated.")] = None,
    event: _OfEvent = None,
    property_: _OfProperty = None,
    start: _Start = None,
    end: _End = None,
    limit: _Limit = 100,
    after: _After = None,
) -> None:
    """List where events break the tracking plan, newest days first, and within a day the most frequent first.

    Example: `mp registry violations --event Purchase --rule type`
    """
    from mixpanel_data.registry import reading

    given = {"rule": rule, "event": event, "property": property_, "from": start, "to": end}
    _list(output, _VIOLATIONS, reading.violations, reading.ViolationsRequest, {**given, "limit": limit, "after": after})


@command(app)
def rejected(
    output: Output, limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many lines, newest first.")] = 100
) -> None:
    """List the exported lines of the last 90 days that are not events, with the reasons.

    Example: `mp registry rejected --format table`
    """
    from mixpanel_data import calls
    from mixpanel_data.registry import inspecting
    from mixpanel_data.wiring.redaction import redactor

    with existing_tables() as session:
        found = calls.plain(inspecting.rejected(session.warehouse, redactor(session.settings), most=limit))
    if not found:
        output.note("No line was rejected.")
    short = [{**each, "line": each["line"][:_LINE_CHARACTERS]} for each in found]
    output.show(found, _REJECTED, rows=short if output.format is Format.TABLE else found)


@command(app)
def inspect(
    output: Output,
    event: _Event,
    last: Annotated[
        int, typer.Option("--last", metavar="N", min=1, max=1000, help="How many of the newest events.")
    ] = 5,
    follow: Annotated[
        bool, typer.Option("--follow", help="Then show new events as they arrive, until Ctrl-C.")
    ] = False,
) -> None:
    """Show the newest payloads of an event, redacted, with what breaks the tracking plan marked.

    Example: `mp registry inspect Purchase --last 3 --format table`
    """
    from mixpanel_data.registry import inspecting
    from mixpanel_data.wiring.files import tracking_plan
    from mixpanel_data.wiring.redaction import redactor

    with existing_tables() as session:
        settings = session.settings
        inspector = inspecting.Inspector(
            session.warehouse, event, tracking_plan(settings), redactor(settings), utc_now()
        )
        if not follow:
            show_payloads(output, inspector.newest(last))
            return
        for payloads in inspector.following(last, lambda: time.sleep(_FOLLOWING_SECONDS)):
            show_payloads(output, payloads)


@command(app)
def plan(
    output: Output,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write the plan to a new file instead of stdout.")
    ] = None,
) -> None:
    """Draft a tracking plan from the observations as a starting point; likely typos are left out and listed separately.

    Example: `mp registry plan --to config/tracking_plan.json`
    """
    from mixpanel_data.registry import drafting
    from mixpanel_data.wiring.redaction import redactor

    with existing_tables() as session, output.progress("Drafting"):
        drafted = drafting.draft(session.warehouse, redactor(session.settings))
    if to is None:
        # A plan is a JSON document, in whatever format lists are shown.
        Output(Format.JSON).show(drafted.plan)
    else:
        write_new("--to", to, json.dumps(drafted.plan, indent=2, ensure_ascii=False) + "\n")
        output.note(f"Wrote {len(drafted.plan['events']):,} events to {to}.")
    for typo in drafted.likely_typos:
        output.note(f"Left out as a likely typo of {typo.similar_to!r}: {typo.event_name!r} ({typo.events:,} events).")


@command(app)
def export(
    output: Output,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder to write to.")],
    push: Annotated[bool, typer.Option("--push", help="Also send what differs to Mixpanel's Lexicon.")] = False,
) -> None:
    """Write a JSON Schema file for each event; with --push, also send descriptions and types to Mixpanel's Lexicon.

    It is safe to repeat: only files and entries that differ are written, and what people wrote in the Lexicon stays.

    Example: `mp registry export --to schemas`
    """
    from mixpanel_data import calls
    from mixpanel_data.registry import exporting
    from mixpanel_data.wiring.files import tracking_plan
    from mixpanel_data.wiring.lexicon import lexicon
    from mixpanel_data.wiring.redaction import redactor

    with existing_tables(calls_mixpanel=push) as session, output.progress("Exporting"):
        warehouse, planned, hide = session.warehouse, tracking_plan(session.settings), redactor(session.settings)
        # A credential that is missing is found before anything is written.
        client = session.closing(lexicon(session.settings)) if push else None
        answer = calls.plain(exporting.export(warehouse, planned, to, hide))
        if client is not None:
            result = exporting.push(
                warehouse,
                planned,
                client,
                hide,
                to,
                progress=lambda each: schemas_sent(each.sent, each.due),
            )
            answer["pushed"] = _pushed(result, hide)
    output.show(answer)


def _pushed(result: "exporting.PushResult", hide: "Redactor") -> dict[str, Any]:
    """The effect of a push as JSON values."""
    refused = [{"event_name": hide.text(each.entry.name), "reason": hide.text(each.message)} for each in result.refused]
    return {"sent": result.sent, "unchanged": result.unchanged, "refused": refused, "unnamed": result.unnamed}


def _list(
    output: Output,
    columns: Choice,
    read: "Callable[[Warehouse, Any, Redactor], Page]",
    request_type: "type[PageRequest]",
    given: Mapping[str, Any],
) -> None:
    """Show a page, and how to get the next one."""
    from mixpanel_data import calls
    from mixpanel_data.wiring.redaction import redactor

    request = calls.checked(request_type, {name: value for name, value in given.items() if value not in (None, [])})
    with existing_tables() as session:
        found = calls.plain(read(session.warehouse, request, redactor(session.settings)))
    if output.format is Format.JSON:
        output.show(found)
    elif found["items"] or output.format is Format.CSV:
        output.show(found["items"], columns, rows=[_with_counts(each) for each in found["items"]])
    if not found["items"]:
        output.note("Nothing found.")
    if found["next"] is not None:
        output.note(f"There are more; add --after={shlex.quote(found['next'])}.")


def _with_counts(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """An item with the number of events in place of their names where it has them by status."""
    if "statuses" not in item:
        return item
    return {**item, "statuses": {status: len(names) for status, names in item["statuses"].items()}}


def _show_tables(output: Output, found: Mapping[str, Any]) -> None:
    """The event, its properties and, where there are any, its changes and violations."""
    output.show(found["event"], _EVENTS)
    for name, columns in (("properties", _OF_EVENT), ("changes", _CHANGES), ("violations", _VIOLATIONS)):
        if found[name]:
            output.note(f"{name}:")
            output.show(found[name], columns)
