"""Numbers that Mixpanel counts itself: of events, by segment, value and range, of saved reports; and users' events."""

from typing import Annotated

import typer

from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.live import (
    EventOption,
    FromOption,
    Kind,
    KindOption,
    OptionalFromOption,
    OptionalToOption,
    SegmentationUnit,
    SegmentationUnitOption,
    ShortUnitOption,
    ToOption,
    UnitOption,
    WaitOption,
    WhereOption,
    asking,
    show_answer,
)
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Output
from mixpanel_data.configuration.reports.choices import ShortUnit, Unit

_Number = Annotated[
    str, typer.Option("--on", metavar="PROPERTY", help="A property that is a number, or an expression of Mixpanel's.")
]

app = typer.Typer(rich_help_panel=Panel.REPORTS)


@command(app)
def segmentation(
    output: Output,
    event: EventOption,
    from_date: FromOption,
    to_date: ToOption,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="PROPERTY", help="Count by the values of this, a property or an expression."),
    ] = None,
    unit: SegmentationUnitOption = SegmentationUnit.DAY,
    where: WhereOption = None,
    wait: WaitOption = False,
) -> None:
    """Count how often an event happened, by date and, with --on, by the value of a property.

    Example: `mp segmentation --event Purchase --from 2024-01-01 --to 2024-01-31 --on country`
    """
    with asking(output, wait=wait) as workspace:
        answer = workspace.segmentation(event, from_date, to_date, on, unit.value, where)
    show_answer(output, answer)


@command(app)
def segmentation_numeric(
    output: Output,
    event: EventOption,
    from_date: FromOption,
    to_date: ToOption,
    on: _Number,
    unit: ShortUnitOption = ShortUnit.DAY,
    where: WhereOption = None,
    kind: KindOption = Kind.GENERAL,
    wait: WaitOption = False,
) -> None:
    """Count how often an event happened, by date and by ranges of a number, which Mixpanel chooses.

    Example: `mp segmentation-numeric --event Purchase --from 2024-01-01 --to 2024-01-31 --on amount`
    """
    with asking(output, wait=wait) as workspace:
        answer = workspace.segmentation_numeric(event, from_date, to_date, on, unit.value, where, kind.value)
    show_answer(output, answer)


@command(app)
def segmentation_sum(
    output: Output,
    event: EventOption,
    from_date: FromOption,
    to_date: ToOption,
    on: _Number,
    unit: ShortUnitOption = ShortUnit.DAY,
    where: WhereOption = None,
    wait: WaitOption = False,
) -> None:
    """Add up a number over an event, by date.

    Example: `mp segmentation-sum --event Purchase --from 2024-01-01 --to 2024-01-31 --on amount`
    """
    with asking(output, wait=wait) as workspace:
        answer = workspace.segmentation_sum(event, from_date, to_date, on, unit.value, where)
    show_answer(output, answer)


@command(app)
def segmentation_average(
    output: Output,
    event: EventOption,
    from_date: FromOption,
    to_date: ToOption,
    on: _Number,
    unit: ShortUnitOption = ShortUnit.DAY,
    where: WhereOption = None,
    wait: WaitOption = False,
) -> None:
    """Average a number over an event, by date.

    Example: `mp segmentation-average --event Purchase --from 2024-01-01 --to 2024-01-31 --on amount`
    """
    with asking(output, wait=wait) as workspace:
        answer = workspace.segmentation_average(event, from_date, to_date, on, unit.value, where)
    show_answer(output, answer)


@command(app)
def event_counts(
    output: Output,
    events: Annotated[list[str], typer.Option("--event", metavar="NAME", help="A raw event name; can be repeated.")],
    from_date: FromOption,
    to_date: ToOption,
    kind: KindOption = Kind.GENERAL,
    unit: UnitOption = Unit.DAY,
    wait: WaitOption = False,
) -> None:
    """Count how often each of some events happened, by date, with one query.

    Example: `mp event-counts --event Signup --event Purchase --from 2024-01-01 --to 2024-01-31`
    """
    with asking(output, wait=wait) as workspace:
        answer = workspace.event_counts(events, from_date, to_date, kind.value, unit.value)
    show_answer(output, answer)


@command(app)
def property_counts(
    output: Output,
    event: EventOption,
    property_name: Annotated[str, typer.Option("--property", metavar="NAME", help="The name of a property.")],
    from_date: FromOption,
    to_date: ToOption,
    kind: KindOption = Kind.GENERAL,
    unit: UnitOption = Unit.DAY,
    values: Annotated[
        list[str] | None, typer.Option("--value", metavar="VALUE", help="Only this value; can be repeated.")
    ] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="At most this many values.")] = None,
    wait: WaitOption = False,
) -> None:
    """Count how often an event happened, by date and by the value of a property.

    Example: `mp property-counts --event Purchase --property country --from 2024-01-01 --to 2024-01-31 --limit 10`
    """
    with asking(output, wait=wait) as workspace:
        answer = workspace.property_counts(
            event, property_name, from_date, to_date, kind.value, unit.value, values or None, limit
        )
    show_answer(output, answer)


@command(app)
def insights(
    output: Output,
    bookmark_id: Annotated[
        int, typer.Argument(metavar="BOOKMARK_ID", min=1, help="The id of the report; its address in Mixpanel has it.")
    ],
    wait: WaitOption = False,
) -> None:
    """Show the numbers of a saved Insights report.

    Example: `mp insights 12345678`
    """
    with asking(output, wait=wait) as workspace:
        answer = workspace.insights(bookmark_id)
    show_answer(output, answer)


@command(app)
def activity_feed(
    output: Output,
    distinct_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The distinct ids of the users.")],
    from_date: OptionalFromOption = None,
    to_date: OptionalToOption = None,
    wait: WaitOption = False,
) -> None:
    """Show the events of some users, the oldest first; times are in UTC.

    Example: `mp activity-feed user-1 user-2 --from 2024-01-01 --to 2024-01-31`
    """
    with asking(output, wait=wait) as workspace:
        answer = workspace.activity_feed(distinct_ids, from_date, to_date)
    show_answer(output, answer)
