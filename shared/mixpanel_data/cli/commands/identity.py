"""`mp identity`: run the identity transition, and look at the graph."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from mixpanel_data.base.choices import ConflictKind
from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.errors import RequestError
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.instants import instant_of
from mixpanel_data.cli.base.jobs import existing_tables, run_job
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.tables.columns import Choice, Column, Kind, spare

_FIRST_SEEN = Column("first_seen", kind=Kind.MINUTE)
_LINKS: Choice = ("link_no", "id_a", *spare("kind_a"), "id_b", *spare("kind_b"), "source", _FIRST_SEEN, "status")
_CHAIN: Choice = ("id_a", "id_b", "source", _FIRST_SEEN, "event", *spare("link_no"))
_OUT: Choice = ("id_a", "id_b", "source", _FIRST_SEEN, "status", Column("reason", kind=Kind.PROSE))
_CONFLICTS: Choice = ("kind", "id", "links", Column("since", kind=Kind.MINUTE), Column("message", kind=Kind.PROSE))
_RUNS: Choice = (
    Column("run_id", kind=Kind.ID),
    "status",
    *spare("changed.inserted", "changed.updated", "changed.deleted"),
    "changed.billed",
    *spare("graph.inserted", "graph.updated", "graph.deleted"),
    "graph.billed",
)
_TABLES = {"changed": "identity_permutations", "graph": "current_identity_graph"}

app = typer.Typer(name="identity", rich_help_panel=Panel.JOBS)

_FirstId = Annotated[str, typer.Argument(metavar="A", help="One of the two ids.")]
_SecondId = Annotated[str, typer.Argument(metavar="B", help="The other id.")]


@app.callback()
def _identity() -> None:
    """Keep the identity graph up to date, change it by hand, and find out why ids belong together."""


@command(app)
def refresh(
    output: Output,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Read the sources' rows from this event time on again.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="End of that window, exclusive.")] = None,
) -> None:
    """Bring the graph up to date with what is new in the sources, or with a window of event time.

    It is safe to repeat, overlap or interrupt: a repeat changes no row.

    Example: `mp identity refresh --from 2024-03-01 --to 2024-04-01`
    """
    _run(output, "Linking", action="refresh", **{"from": start, "to": end})


@command(app)
def build(output: Output) -> None:
    """Read all sources from the beginning and judge every link anew; no row changes if nothing was wrong.

    Splits made by hand stay.

    Example: `mp identity build --format table`
    """
    _run(output, "Building", action="build")


@command(app)
def split(output: Output, a: _FirstId, b: _SecondId) -> None:
    """Take all links between two ids out of the graph, until `mp identity link` puts them back.

    Example: `mp identity split user-42 '$device:d-9'`
    """
    _run(output, "Splitting", action="split", a=a, b=b)


@command(app)
def link(output: Output, a: _FirstId, b: _SecondId) -> None:
    """Take a split of two ids back; without a split, add a link between them.

    Example: `mp identity link user-42 '$device:d-9'`
    """
    _run(output, "Linking", action="link", a=a, b=b)


@command(app)
def push(output: Output) -> None:
    """Merge the pairs in Mixpanel, each of them once; only for projects with the original identity merge.

    Example: `mp identity push`
    """
    _run(output, "Pushing", action="push")


@command(app)
def transition(
    output: Output, state: Annotated[str, typer.Argument(metavar="STATE", help="A name among the configured states.")]
) -> None:
    """Set a state of the demonstration, and leave the rest of the graph alone.

    Example: `mp identity transition today`
    """
    _run(output, "Moving", action="transition", state=state)


@command(app)
def delete(output: Output) -> None:
    """Take out what the demonstration put in, and nothing else.

    Example: `mp identity delete`
    """
    _run(output, "Deleting", action="delete")


@command(app)
def show(
    output: Output,
    one: Annotated[str, typer.Argument(metavar="ID", help="Any id of the cluster.")],
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="Show the ids as of this time, ISO 8601, without links and pairs; default: now.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="Show at most N ids, links and pairs.")] = 1000,
) -> None:
    """Show the cluster of an id: its ids, their links with status, and the pairs that join them.

    Example: `mp identity show user-42 --at 2024-03-01`
    """
    from mixpanel_data import calls
    from mixpanel_data.identity import inspection

    instant = instant_of("--at", at)
    with existing_tables() as session:
        found = calls.plain(inspection.show(session.warehouse, one, at=instant, most=limit))
    if output.format is Format.JSON:
        output.show(found)
    elif output.format is Format.TABLE:
        _show_tables(output, found)
    else:
        output.show([{"cluster_id": found["cluster_id"], **each} for each in found["ids"]])


@command(app)
def why(output: Output, a: _FirstId, b: _SecondId) -> None:
    """Show the shortest chain of links between two ids, or the links that are out and the reason for each.

    An event is an example: one that the person has at the instant when the link was first seen.

    Example: `mp identity why user-42 user-43 --format table`
    """
    from mixpanel_data import calls
    from mixpanel_data.identity import inspection

    with existing_tables() as session:
        found = calls.plain(inspection.why(session.warehouse, a, b))
    if output.format is Format.JSON:
        output.show(found)
        return
    output.note(found["message"])
    if links := found["chain"] or found["out"]:
        output.show(links, _CHAIN if found["chain"] else _OUT)


@command(app)
def conflicts(
    output: Output,
    kind: Annotated[ConflictKind | None, typer.Option(help="Only conflicts of this kind.")] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many conflicts, newest first.")] = 100,
) -> None:
    """Show the open conflicts: what is wrong, why, and what to do.

    Example: `mp identity conflicts --kind hub --limit 20`
    """
    from mixpanel_data import calls
    from mixpanel_data.identity import inspection

    with existing_tables() as session:
        found = calls.plain(inspection.conflicts(session.warehouse, kind=kind, most=limit))
    listed = found["conflicts"]
    if output.format is Format.JSON:
        output.show(found)
    elif listed or output.format is Format.CSV:
        output.show(listed, _CONFLICTS)
    if len(listed) < found["count"]:
        output.note(f"The newest {len(listed)} of {found['count']} conflicts; --limit shows more.")
    elif not listed:
        output.note("There are no such conflicts.")


@command(app)
def diff(
    output: Output,
    between: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Two run ids: the runs after the first one up to the second one."),
    ] = None,
    last: Annotated[int, typer.Option(metavar="N", min=1, help="Without run ids: how many runs, newest first.")] = 10,
) -> None:
    """Show the changed rows of the mirrored tables by run, and how many rows Mixpanel's mirror mode bills for them.

    It bills an inserted or deleted row once, and an updated row twice.

    Example: `mp identity diff --last 24 --format table`
    """
    from mixpanel_data import calls
    from mixpanel_data import identity as transitions
    from mixpanel_data.identity import inspection

    runs = _two(between or [])
    with existing_tables() as session:
        found = calls.plain(inspection.diff(session.warehouse, transitions.Request.job, runs, now=utc_now(), last=last))
    if output.format is Format.JSON:
        output.show(found)
        return
    if found["runs"] or output.format is Format.CSV:
        output.show(found["runs"], _RUNS)
    for name, table in _TABLES.items():
        total = found[name]
        rows = "row" if total["billed"] == 1 else "rows"
        output.note(f"{table}: {_in_words(total)}; mirror mode bills {total['billed']} {rows}.")


def _run(output: Output, activity: str, **parameters: str | None) -> None:
    from mixpanel_data import identity as transitions
    from mixpanel_data.wiring.identity import run

    with output.progress(activity):
        is_push = parameters.get("action") == "push"
        answer = run_job(transitions.Request, run, parameters, calls_mixpanel=is_push)
    output.show(answer)


def _show_tables(output: Output, found: Mapping[str, Any]) -> None:
    """The ids, then links and pairs, each only where there are any; what they are in a line on stderr."""
    cluster = f"in the cluster {found['cluster_id']!r}" if found["cluster_id"] else "in no cluster"
    output.note(f"{found['id']!r} {'was' if found['at'] else 'is'} {cluster}{' then' if found['at'] else ''}.")
    for name, columns in (("ids", ("id", "since")), ("links", _LINKS), ("pairs", ())):
        rows: Sequence[Mapping[str, Any]] = found[name] or ()
        if rows:
            output.show(rows, columns)
        if len(rows) < (found["counts"][name] or 0):
            output.note(f"The first {len(rows)} of {found['counts'][name]} {name}; --limit shows more.")


def _two(names: Sequence[str]) -> tuple[str, str] | None:
    if not names:
        return None
    if len(names) != 2:
        raise RequestError(f"Give two run ids as RUN, not {len(names)}, or none for the newest runs.")
    return names[0], names[1]


def _in_words(changes: Mapping[str, int]) -> str:
    return ", ".join(f"{changes[name]} {name}" for name in ("inserted", "updated", "deleted"))
