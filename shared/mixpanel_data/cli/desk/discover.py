"""What there is to ask about: names that Mixpanel knows, and what people saved in the project."""

from typing import Annotated

import typer

from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.live import (
    Kind,
    KindOption,
    OptionalFromOption,
    OptionalToOption,
    WaitOption,
    asking,
    show_listed,
    show_names,
)
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Output

_Event = Annotated[str, typer.Argument(metavar="EVENT", help="A name that `mp events` lists.")]

app = typer.Typer(rich_help_panel=Panel.DISCOVER)


@command(app)
def events(output: Output, wait: WaitOption = False) -> None:
    """List the names of the events that Mixpanel received in about the last month.

    Example: `mp events`
    """
    with asking(output, wait=wait) as workspace:
        names = workspace.events()
    show_names(output, "event", names)


@command(app)
def properties(output: Output, event: _Event, wait: WaitOption = False) -> None:
    """List the names of an event's properties.

    Example: `mp properties Purchase`
    """
    with asking(output, wait=wait) as workspace:
        names = workspace.properties(event)
    show_names(output, "property", names)


@command(app)
def values(
    output: Output,
    event: _Event,
    prop: Annotated[str, typer.Argument(metavar="PROP", help="A name that `mp properties` lists.")],
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most this many.")] = 100,
    wait: WaitOption = False,
) -> None:
    """List common values of an event's property.

    Example: `mp values Purchase country --limit 20`
    """
    with asking(output, wait=wait) as workspace:
        found = workspace.property_values(event, prop, limit)
    show_names(output, "value", found)


@command(app)
def top_events(
    output: Output,
    kind: KindOption = Kind.GENERAL,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="At most this many.")] = None,
    wait: WaitOption = False,
) -> None:
    """List today's most common events, each with its change since yesterday; -0.2 is a fifth less.

    Example: `mp top-events --limit 10 --format table`
    """
    with asking(output, wait=wait) as workspace:
        found = workspace.top_events(kind.value, limit)
    show_listed(output, found, ("event", "count", "percent_change"))


@command(app)
def funnels(output: Output, wait: WaitOption = False) -> None:
    """List the saved funnels, with the id that `mp funnel` takes.

    Example: `mp funnels --format table`
    """
    with asking(output, wait=wait) as workspace:
        found = workspace.funnels()
    show_listed(output, found, ("funnel_id", "name"))


@command(app)
def cohorts(output: Output, wait: WaitOption = False) -> None:
    """List the saved cohorts, with the id that `mp fetch profiles --cohort` takes.

    Example: `mp cohorts --format table`
    """
    with asking(output, wait=wait) as workspace:
        found = workspace.cohorts()
    show_listed(output, found, ("id", "name", "count", "description", "created", "is_visible"))


@command(app)
def annotations(
    output: Output,
    from_date: OptionalFromOption = None,
    to_date: OptionalToOption = None,
    wait: WaitOption = False,
) -> None:
    """List the notes on the project's charts, all of them or those of some days; it costs no query.

    Example: `mp annotations --from 2024-01-01 --to 2024-01-31`
    """
    with asking(output, wait=wait) as workspace:
        found = workspace.annotations(from_date, to_date)
    show_listed(output, found, ("id", "date", "description"))
