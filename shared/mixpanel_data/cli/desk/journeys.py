"""`mp funnel`, `mp retention` and `mp frequency`: what users do one after the other."""

from typing import Annotated

import typer

from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.live import (
    FromOption,
    LongUnitOption,
    ToOption,
    WaitOption,
    WhereOption,
    asking,
    show_answer,
)
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Output
from mixpanel_data.configuration.reports.choices import LongUnit, ShortUnit

app = typer.Typer(rich_help_panel=Panel.REPORTS)


@command(app)
def funnel(
    output: Output,
    funnel_id: Annotated[int, typer.Argument(metavar="ID", min=1, help="An id that `mp funnels` lists.")],
    from_date: FromOption,
    to_date: ToOption,
    unit: Annotated[
        LongUnit | None, typer.Option("--unit", help="Let each user begin the funnel once in each of these.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="PROPERTY", help="Also by the values of this, a property or an expression."),
    ] = None,
    where: WhereOption = None,
    wait: WaitOption = False,
) -> None:
    """Count how many users reached each step of a saved funnel, over all the days.

    Example: `mp funnel 77 --from 2024-01-01 --to 2024-01-31 --format table`
    """
    with asking(output, wait=wait) as workspace:
        answer = workspace.funnel(funnel_id, from_date, to_date, unit and unit.value, on, where)
    show_answer(output, answer)


@command(app)
def retention(
    output: Output,
    born_event: Annotated[
        str, typer.Option("--born", metavar="EVENT", help="The event that makes a user a member of a cohort.")
    ],
    return_event: Annotated[str, typer.Option("--return", metavar="EVENT", help="The event that counts as a return.")],
    from_date: FromOption,
    to_date: ToOption,
    born_where: Annotated[
        str | None, typer.Option("--born-where", metavar="EXPRESSION", help="Only first events that this selects.")
    ] = None,
    return_where: Annotated[
        str | None, typer.Option("--return-where", metavar="EXPRESSION", help="Only returns that this selects.")
    ] = None,
    interval: Annotated[
        int, typer.Option(metavar="N", min=1, max=90, help="The units in a period; more than 1 only of days.")
    ] = 1,
    interval_count: Annotated[
        int, typer.Option("--intervals", metavar="N", min=1, help="How many periods, after that of the first event.")
    ] = 10,
    unit: LongUnitOption = LongUnit.DAY,
    wait: WaitOption = False,
) -> None:
    """Show which share of the users who did one event did another one later, period by period.

    Example: `mp retention --born Signup --return Purchase --from 2024-01-01 --to 2024-01-31 --unit week`
    """
    with asking(output, wait=wait) as workspace:
        answer = workspace.retention(
            born_event, return_event, from_date, to_date, born_where, return_where, interval, interval_count, unit.value
        )
    show_answer(output, answer)


@command(app)
def frequency(
    output: Output,
    from_date: FromOption,
    to_date: ToOption,
    unit: LongUnitOption = LongUnit.DAY,
    addiction_unit: Annotated[
        ShortUnit, typer.Option("--addiction-unit", help="Count in how many of these each user was active.")
    ] = ShortUnit.HOUR,
    event: Annotated[
        str | None, typer.Option("--event", metavar="NAME", help="Only this event; without, any event counts.")
    ] = None,
    where: WhereOption = None,
    wait: WaitOption = False,
) -> None:
    """Count, by date, the users who were active in at least 1, 2, … hours or days of each unit.

    Example: `mp frequency --event Purchase --from 2024-01-01 --to 2024-01-31 --unit week --addiction-unit day`
    """
    with asking(output, wait=wait) as workspace:
        answer = workspace.frequency(from_date, to_date, unit.value, addiction_unit.value, event, where)
    show_answer(output, answer)
