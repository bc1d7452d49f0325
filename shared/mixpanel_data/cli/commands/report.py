"""`mp report`: Mixpanel's reports, worked out from stored events."""

from typing import Annotated

import typer

from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.reports.asking import OF_A_COHORT, OF_USERS, WITH_BREAKDOWN, Fields, report_command
from mixpanel_data.cli.reports.conditions import any_step_of, segment_of, steps_of, where_of
from mixpanel_data.configuration.reports.choices import (
    Align,
    Counting,
    FunnelCount,
    LongUnit,
    Measure,
    Mode,
    Order,
    ShortUnit,
    Unit,
)

app = typer.Typer(name="report", rich_help_panel=Panel.REPORTS)

_CONDITION = "CONDITION"
_WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar=_CONDITION,
        help="Count only events with plan=pro, 'amount>=10' or JSON; all of several hold.",
    ),
]
_EventOption = Annotated[
    str | None, typer.Option("--event", metavar="NAME|JSON", help="The event to count; any by default.")
]
_LongUnitOption = Annotated[LongUnit | None, typer.Option("--unit", help="The length of a period; day by default.")]
_IdArgument = Annotated[str, typer.Argument(metavar="ID", help="An id that the user's events have (distinct_id).")]


@app.callback()
def _report() -> None:
    """Work out Mixpanel's reports from stored events, without a quota: from collected ones, else from fetched ones."""


@report_command(app, options=WITH_BREAKDOWN)
def segmentation(
    events: Annotated[
        list[str] | None, typer.Option("--event", metavar="NAME|JSON", help="An event to count; repeat it for several.")
    ] = None,
    measure: Annotated[
        Measure | None, typer.Option("--measure", help="What to measure; general (events) by default.")
    ] = None,
    property_: Annotated[
        str | None, typer.Option("--property", metavar="NAME", help="The property whose values are measured.")
    ] = None,
    unit: Annotated[Unit | None, typer.Option("--unit", help="The length of a period; day by default.")] = None,
    where: _WhereOption = None,
) -> Fields:
    """Count events or their users, or measure a property, by period and over all days.

    Example: `mp report segmentation --event commit --from 2019-06-01 --to 2019-06-30 --on area --format table`
    """
    steps = steps_of("--event", events, where_of("--where", where))
    return {"events": steps, "measure": measure, "property": property_, "unit": unit}


@report_command(app)
def active_users(event: _EventOption = None, unit: _LongUnitOption = None, where: _WhereOption = None) -> Fields:
    """Count the users of the last 1, 7 and 30 days at the end of each period: DAU, WAU and MAU.

    Example: `mp report active-users --from 2019-06-01 --to 2019-06-30 --format table`
    """
    return {"event": any_step_of("--event", event, where_of("--where", where)), "unit": unit}


@report_command(app)
def frequency(
    event: _EventOption = None,
    unit: _LongUnitOption = None,
    part: Annotated[
        ShortUnit | None,
        typer.Option("--part", help="Count the hours or the days in which users were active; hour by default."),
    ] = None,
    where: _WhereOption = None,
) -> Fields:
    """Count the users who were active in at least 1, 2, 3, … hours or days of each period.

    Example: `mp report frequency --event commit --from 2019-06-01 --to 2019-06-30 --unit week --part day`
    """
    return {"event": any_step_of("--event", event, where_of("--where", where)), "unit": unit, "part": part}


@report_command(app, options=WITH_BREAKDOWN)
def funnel(
    steps: Annotated[
        list[str] | None,
        typer.Option("--step", metavar="NAME|JSON", help="A step; repeat it for each, in their order."),
    ] = None,
    within: Annotated[
        str | None, typer.Option("--within", metavar="LENGTH", help="Time for all steps, such as PT1H; P7D by default.")
    ] = None,
    grace: Annotated[
        str | None,
        typer.Option("--grace", metavar="LENGTH", help="Events at most this far apart have no order; PT2S by default."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="NAME|JSON", help="An event that ends an attempt between two steps."),
    ] = None,
    count: Annotated[FunnelCount | None, typer.Option("--count", help="What to count; users by default.")] = None,
    order: Annotated[Order | None, typer.Option("--order", help="The order of the steps; given by default.")] = None,
    hold: Annotated[
        list[str] | None, typer.Option("--hold", metavar="PROPERTY", help="A property that has one value in all steps.")
    ] = None,
    attribute: Annotated[
        str | None,
        typer.Option(
            "--attribute", metavar="first|last|N", help="The step that --on takes its value from; first by default."
        ),
    ] = None,
    unit: Annotated[
        LongUnit | None, typer.Option("--unit", help="Make a funnel of its own for each of these periods.")
    ] = None,
    where: _WhereOption = None,
) -> Fields:
    """Count how many users get from step to step, and measure how long they take.

    Example: `mp report funnel --step commit --step Reviewed-by --within P30D --from 2019-06-01 --to 2019-06-30`
    """
    return {
        "steps": steps_of("--step", steps, where_of("--where", where)),
        "within": within,
        "grace": grace,
        "exclude": steps_of("--exclude", exclude),
        "count": count,
        "order": order,
        "hold": hold,
        "attribute": int(attribute) if attribute and attribute.isdecimal() else attribute,
        "unit": unit,
    }


@report_command(app, options=WITH_BREAKDOWN)
def retention(
    born: Annotated[
        str | None,
        typer.Option("--born", metavar="NAME|JSON", help="The event with which a user joins; any by default."),
    ] = None,
    returned: Annotated[
        str | None,
        typer.Option("--returned", metavar="NAME|JSON", help="The event that counts as a return; any by default."),
    ] = None,
    mode: Annotated[
        Mode | None,
        typer.Option("--mode", help="Users join once (birth, the default), or in every period (recurring)."),
    ] = None,
    first_ever: Annotated[
        bool, typer.Option("--first-ever", help="Only users whose first such event ever lies in these days.")
    ] = False,
    align: Annotated[
        Align | None,
        typer.Option("--align", help="Buckets begin at the event (birth, the default) or by the calendar."),
    ] = None,
    unit: _LongUnitOption = None,
    buckets: Annotated[
        int | None, typer.Option("--buckets", metavar="N", help="How many buckets follow the first one; 7 by default.")
    ] = None,
    brackets: Annotated[
        list[int] | None, typer.Option("--bracket", metavar="N", help="A bucket this many units long; repeat it.")
    ] = None,
    counting: Annotated[
        Counting | None, typer.Option("--counting", help="Which returns a bucket counts; on by default.")
    ] = None,
    born_where: Annotated[
        list[str] | None, typer.Option("--born-where", metavar=_CONDITION, help="Only events of --born with this.")
    ] = None,
    returned_where: Annotated[
        list[str] | None,
        typer.Option("--returned-where", metavar=_CONDITION, help="Only events of --returned with this."),
    ] = None,
) -> Fields:
    """Show what share of users comes back, by the time since they joined.

    Example: `mp report retention --born commit --returned commit --unit week --from 2019-06-01 --to 2019-08-31`
    """
    return {
        "born": any_step_of("--born", born, where_of("--born-where", born_where)),
        "returned": any_step_of("--returned", returned, where_of("--returned-where", returned_where)),
        "mode": mode,
        "first_ever": first_ever,
        "align": align,
        "unit": unit,
        "buckets": buckets,
        "brackets": brackets,
        "counting": counting,
    }


@report_command(app)
def sessions(
    timeout: Annotated[
        str | None,
        typer.Option("--timeout", metavar="LENGTH", help="The longest pause in a session; PT30M by default."),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option("--exclude", metavar="NAME", help="An event that belongs to no session.")
    ] = None,
    unit: _LongUnitOption = None,
) -> Fields:
    """Count sessions, their users and lengths, and the events that begin and end them.

    Example: `mp report sessions --from 2019-06-01 --to 2019-06-30 --unit week --format table`
    """
    return {"timeout": timeout, "exclude": exclude, "unit": unit}


@report_command(app)
def paths(
    anchor: Annotated[
        str | None, typer.Option("--anchor", metavar="NAME|JSON", help="The event that paths lead from and to.")
    ] = None,
    forward: Annotated[
        int | None, typer.Option("--forward", metavar="N", help="How many events to follow after it; 3 by default.")
    ] = None,
    backward: Annotated[
        int | None, typer.Option("--backward", metavar="N", help="How many events to follow before it; 0 by default.")
    ] = None,
    top: Annotated[
        int | None, typer.Option("--top", metavar="N", help="How many events to name at each place; 3 by default.")
    ] = None,
    within: Annotated[
        str | None,
        typer.Option("--within", metavar="LENGTH", help="How long to follow before and after it; P30D by default."),
    ] = None,
    hidden: Annotated[
        list[str] | None, typer.Option("--hidden", metavar="NAME", help="An event to pass over; repeat it.")
    ] = None,
    collapse: Annotated[bool, typer.Option("--collapse", help="Count repeats in a row as one event.")] = False,
    where: _WhereOption = None,
) -> Fields:
    """Show what users do after and before an event.

    Example: `mp report paths --anchor commit --forward 2 --from 2019-06-01 --to 2019-06-30 --format table`
    """
    return {
        "anchor": any_step_of("--anchor", anchor),
        "forward": forward,
        "backward": backward,
        "top": top,
        "within": within,
        "hidden": hidden,
        "collapse": collapse,
        "where": where_of("--where", where),
    }


@report_command(app, options=OF_USERS, has_definition=False)
def journey(id_: _IdArgument) -> Fields:
    """Show the events of one user in their order, by session.

    Example: `mp report journey author-17 --format table`
    """
    return {"id": id_}


@report_command(app, options=OF_USERS, has_definition=False)
def profile(id_: _IdArgument) -> Fields:
    """Show what the events tell of one user: totals, latest properties, and their changes over time.

    Example: `mp report profile author-17 --format table --html author.html`
    """
    return {"id": id_}


@report_command(app, options=OF_USERS)
def profiles(
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar=_CONDITION,
            help="Only users whose latest properties have plan=pro, 'amount>=10' or JSON; all of several hold.",
        ),
    ] = None,
    email: Annotated[
        str | None,
        typer.Option("--email", metavar="ADDRESS", help="Only users who have this e-mail, letter by letter."),
    ] = None,
    id_: Annotated[str | None, typer.Option("--id", metavar="ID", help="Only the user who has this id.")] = None,
) -> Fields:
    """Find users by their latest properties, e-mail or id; without any, list all.

    Example: `mp report profiles --where area=net --format csv`
    """
    return {"where": where_of("--where", where), "email": email, "id": id_}


@report_command(app, options=OF_A_COHORT)
def cohort(
    segment: Annotated[
        str | None, typer.Argument(metavar="SEGMENT|JSON", help="A name in config/segments.json, or a segment as JSON.")
    ] = None,
    unit: _LongUnitOption = None,
) -> Fields:
    """Count the users of a segment at the end of each period; without days, list its members.

    Example: `mp report cohort '{"did": "commit", "within_days": 30}' --from 2019-06-01 --to 2019-06-30`
    """
    return {"segment": segment and segment_of("SEGMENT", segment), "unit": unit}


@report_command(app, has_definition=False)
def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name in config/reports.json.")],
) -> Fields:
    """Answer a named report of config/reports.json; options replace fields of its definition.

    Example: `mp report run "commits by area" --from 2019-01-01 --to 2019-12-31 --format table`
    """
    return {"name": name}
